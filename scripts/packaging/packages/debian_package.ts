import { createHash } from "node:crypto";
import { VERSION } from "../../../cli/version.ts";
import { architectureOf } from "../architecture_of.ts";
import type { Component } from "../bill_of_materials/component.ts";
import { runTool } from "../../packing/run_tool.ts";
import { compress } from "./compress.ts";
import { companionFiles, type PackageSources, programFiles } from "./package_contents.ts";
import { COMPANION, MAINTAINER, PROGRAM } from "./package_description.ts";
import { type PackageFile, writePackageFiles } from "./package_file.ts";
import type { DistributionPlaces } from "./program_documents.ts";

const PLACES: DistributionPlaces = { zsh: "usr/share/zsh/vendor-completions" };

/** Parts of a package for `dpkg`. */
interface DebianPackage {
  readonly name: string;
  readonly architecture: string;
  readonly summary: string;
  readonly description: string;
  /** Further fields, with their values. */
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly PackageFile[];
  /** Programs that `dpkg` calls, by name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/**
 * Makes the Debian package with the program.
 *
 * @param executable Path of the packed executable.
 * @param output Folder of the package.
 * @returns Its path.
 */
export async function debianPackage(
  sources: PackageSources,
  executable: string,
  output: string,
): Promise<string> {
  const { components, dateSecs } = sources;
  return await buildPackage(
    {
      ...PROGRAM,
      architecture: architectureOf(executable).debian,
      // Mounting without privileges takes the program fusermount3; nothing else takes anything.
      fields: { Suggests: "fuse3" },
      files: [
        ...programFiles(sources, executable, PLACES),
        ...debianDocuments(PROGRAM.name, debianCopyright(components, dateSecs), dateSecs),
      ],
      scripts: SCRIPTS,
    },
    dateSecs,
    output,
  );
}

/** Makes the Debian package that has `pxar`, for all kinds of processors. @returns Its path. */
export async function debianCompanion(sources: PackageSources, output: string): Promise<string> {
  const { dateSecs } = sources;
  return await buildPackage(
    {
      ...COMPANION,
      architecture: "all",
      fields: {
        Depends: `${PROGRAM.name} (= ${VERSION})`,
        Conflicts: "proxmox-backup-client",
      },
      files: [
        ...companionFiles(sources, PLACES),
        ...debianDocuments(COMPANION.name, debianCopyright([], dateSecs), dateSecs),
      ],
      scripts: {},
    },
    dateSecs,
    output,
  );
}

/** Purging takes away what the program unpacked for users of the system. */
const SCRIPTS = {
  postinst: `#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
`,
  postrm: `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
  rm -rf /var/cache/pbs-client
fi
`,
};

async function buildPackage(
  built: DebianPackage,
  dateSecs: number,
  output: string,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "pbs-client-deb-" });
  try {
    await writePackageFiles(folder, built.files, dateSecs);
    const sums: string[] = [];
    let bytes = 0;
    for (const { path, content } of built.files.toSorted(byPath)) {
      if (typeof content === "object" && "link" in content) continue;
      const written = await Deno.readFile(`${folder}/${path}`);
      bytes += written.length;
      sums.push(`${createHash("md5").update(written).digest("hex")}  ${path}\n`);
    }
    const control: PackageFile[] = [
      { path: "DEBIAN/control", content: controlText(built, Math.ceil(bytes / 1024)) },
      { path: "DEBIAN/md5sums", content: sums.join("") },
      ...Object.entries(built.scripts).map(([name, content]) => ({
        path: `DEBIAN/${name}`,
        mode: 0o755,
        content,
      })),
    ];
    await writePackageFiles(folder, control, dateSecs);
    await Deno.chmod(folder, 0o755);
    const path = `${output}/${built.name}_${VERSION}_${built.architecture}.deb`;
    // The executable is compressed already: more than a little effort makes nothing smaller.
    const options = ["--root-owner-group", "--uniform-compression", "-Zgzip", "-z1"];
    await runTool("dpkg-deb", [...options, "--build", folder, path], {
      env: { SOURCE_DATE_EPOCH: `${dateSecs}` },
    });
    return path;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function controlText(
  { name, architecture, summary, description, fields }: DebianPackage,
  installedKib: number,
): string {
  const lines = {
    Package: name,
    Version: VERSION,
    Architecture: architecture,
    Maintainer: MAINTAINER,
    "Installed-Size": `${installedKib}`,
    ...fields,
    Section: "admin",
    Priority: "optional",
    Description: `${summary}\n ${description.replaceAll("\n", "\n ")}`,
  };
  return Object.entries(lines).map(([field, value]) => `${field}: ${value}\n`).join("");
}

function debianDocuments(name: string, copyright: string, dateSecs: number): PackageFile[] {
  const date = new Date(dateSecs * 1000).toUTCString().replace("GMT", "+0000");
  const changes = `pbs-client (${VERSION}) unstable; urgency=medium

  * The changes of this version are in changelog.gz.

 -- ${MAINTAINER}  ${date}
`;
  return [
    { path: `usr/share/doc/${name}/copyright`, content: copyright },
    { path: `usr/share/doc/${name}/changelog.Debian.gz`, content: compress(changes) },
  ];
}

/** The machine-readable file of copyrights; the texts themselves are beside it. */
function debianCopyright(components: readonly Component[], dateSecs: number): string {
  const parts = components.map(({ name, version, licence }) => ` ${name} ${version}: ${licence}`);
  const comment = parts.length === 0 ? "" : `Comment:
 The executable holds the following, each under its own licence; LICENSES.gz beside
 this file has their texts and says where their sources are.
 .
${parts.join("\n")}
`;
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pbs-client
${comment}
Files: *
Copyright: ${new Date(dateSecs * 1000).getUTCFullYear()} pbs-client maintainers
License: Apache-2.0
 On Debian systems the text of this licence is in /usr/share/common-licenses/Apache-2.0.
`;
}

function byPath(a: PackageFile, b: PackageFile): number {
  return a.path < b.path ? -1 : 1;
}
