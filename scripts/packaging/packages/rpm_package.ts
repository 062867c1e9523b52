import { VERSION } from "../../../cli/version.ts";
import { architectureOf } from "../architecture_of.ts";
import { runTool } from "../../packing/run_tool.ts";
import { companionFiles, type PackageSources, programFiles } from "./package_contents.ts";
import { COMPANION, MAINTAINER, PROGRAM } from "./package_description.ts";
import { type PackageFile, writePackageFiles } from "./package_file.ts";
import type { DistributionPlaces } from "./program_documents.ts";

const PLACES: DistributionPlaces = { zsh: "usr/share/zsh/site-functions" };
/** Of the package, not of the program. */
const RELEASE = 1;

/** Parts of a package for `rpm`. */
interface RpmPackage {
  readonly name: string;
  readonly architecture: string;
  readonly summary: string;
  readonly description: string;
  /** Further lines of the preamble. */
  readonly preamble: readonly string[];
  readonly files: readonly PackageFile[];
  /** Further sections. */
  readonly sections: string;
}

/**
 * Makes the RPM package with the program.
 *
 * @param executable Path of the packed executable.
 * @param output Folder of the package.
 * @returns Its path.
 */
export async function rpmPackage(
  sources: PackageSources,
  executable: string,
  output: string,
): Promise<string> {
  return await buildPackage(
    {
      ...PROGRAM,
      architecture: architectureOf(executable).name,
      preamble: ["Suggests: fuse3"],
      files: programFiles(sources, executable, PLACES),
      sections: SECTIONS,
    },
    sources.dateSecs,
    output,
  );
}

/** Makes the RPM package that has `pxar`, for all kinds of processors. @returns Its path. */
export async function rpmCompanion(sources: PackageSources, output: string): Promise<string> {
  return await buildPackage(
    {
      ...COMPANION,
      architecture: "noarch",
      preamble: [
        `Requires: ${PROGRAM.name} = ${VERSION}-${RELEASE}`,
        "Conflicts: proxmox-backup-client",
      ],
      files: companionFiles(sources, PLACES),
      sections: "",
    },
    sources.dateSecs,
    output,
  );
}

/** With the argument 0 the last version goes, not one that another follows. */
const SECTIONS = `%post
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi

%postun
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = 0 ]; then
  rm -rf /var/cache/pbs-client
fi
`;

async function buildPackage(
  built: RpmPackage,
  dateSecs: number,
  output: string,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "pbs-client-rpm-" });
  try {
    await writePackageFiles(`${folder}/root`, built.files, dateSecs);
    await Deno.writeTextFile(`${folder}/package.spec`, specText(built, dateSecs));
    const options = [
      ["_topdir", `${folder}/top`],
      ["_rpmdir", `${folder}/made`],
      ["_build_name_fmt", "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm"],
      ["_binary_payload", "w1.gzdio"],
      ["_buildhost", "localhost"],
      ["use_source_date_epoch_as_buildtime", "1"],
      ["clamp_mtime_to_source_date_epoch", "1"],
      ["debug_package", "%{nil}"],
      // Nothing is stripped, compressed or compiled once more.
      ["__os_install_post", "%{nil}"],
      ["_build_id_links", "none"],
    ].flatMap(([name, value]) => ["--define", `${name} ${value}`]);
    const target = ["--target", `${built.architecture}-linux`, "--buildroot", `${folder}/root`];
    await runTool("rpmbuild", [
      "-bb",
      "--quiet",
      "--noclean",
      ...target,
      ...options,
      `${folder}/package.spec`,
    ], {
      env: { SOURCE_DATE_EPOCH: `${dateSecs}`, LC_ALL: "C", TZ: "UTC" },
    });
    const name = `${built.name}-${VERSION}-${RELEASE}.${built.architecture}.rpm`;
    await Deno.copyFile(`${folder}/made/${name}`, `${output}/${name}`);
    return `${output}/${name}`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function specText(built: RpmPackage, dateSecs: number): string {
  const { name, summary, description, preamble, sections, files } = built;
  const date = new Date(dateSecs * 1000);
  const words = date.toUTCString().match(/^(\w+), (\d+) (\w+) (\d+)/)!;
  const list = files.map(({ path, mode = 0o644 }) =>
    `%attr(${mode.toString(8)}, root, root) ${documentMark(path)}/${path}`
  );
  return `Name: ${name}
Version: ${VERSION}
Release: ${RELEASE}
Summary: ${summary}
License: Apache-2.0
Group: System/Backup
AutoReqProv: no
${preamble.join("\n")}

%description
${description}

${sections}
%files
${list.toSorted().join("\n")}
%dir %attr(755, root, root) /usr/share/doc/${name}

%changelog
* ${words[1]} ${words[3]} ${words[2]!.padStart(2, "0")} ${
    words[4]
  } ${MAINTAINER} - ${VERSION}-${RELEASE}
- The changes of this version are in changelog.gz.
`;
}

/** Marks what may be left out when a package is installed without documents. */
function documentMark(path: string): string {
  return /^usr\/share\/(doc|man)\//.test(path) ? "%doc " : "";
}
