import { fileURLToPath } from "node:url";
import type { Architecture } from "../../packing/architecture.ts";
import { runTool } from "../../packing/run_tool.ts";
import type { Component, LicenceText } from "./component.ts";

/** Folder in which `scripts/pack` keeps Debian's packages, for each architecture one. */
const PACKS = fileURLToPath(new URL("../../../.setup/pack/", import.meta.url));
/** Folder of Debian's common licences. */
const COMMON_LICENCES = "/usr/share/common-licenses";

/** Description of a Debian package whose libraries go into the executable. */
interface SystemLibrary {
  readonly description: string;
  /** SPDX expression for the library; Debian's own file, which is passed on, is prose. */
  readonly licence: string;
  /** Names of the texts in Debian's folder of common licences. */
  readonly texts: readonly string[];
}

const LIBRARIES: Readonly<Record<string, SystemLibrary>> = {
  "libc6": {
    description: "GNU C library: the loader, which scripts/packing changes, libc and its parts",
    licence: "LGPL-2.1-or-later",
    texts: ["LGPL-2.1", "GPL-2"],
  },
  "libgcc-s1": {
    description: "support library of GCC",
    licence: "GPL-3.0-or-later WITH GCC-exception-3.1",
    texts: ["GPL-3"],
  },
  "libfuse3-3": {
    description: "file systems of programs",
    licence: "LGPL-2.1-only",
    texts: ["LGPL-2.1"],
  },
};

/**
 * The Debian packages that `scripts/pack` took libraries from.
 *
 * @throws {Error} if it has not run here, or took some that nothing is said of here.
 */
export async function debianComponents({ name, debian }: Architecture): Promise<Component[]> {
  const folder = `${PACKS}${name}`;
  const files = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".deb"))
    .toSorted();
  if (files.length === 0) throw new Error(`scripts/pack left no Debian packages in "${folder}"`);
  return await Promise.all(files.map(async (file) => {
    const format = "${Package} ${Version} ${Source}\n";
    const path = `${folder}/${file}`;
    const told = await runTool("dpkg-deb", ["--show", `--showformat=${format}`, path]);
    const [library, version, source, sourceVersion] = told.trim().split(" ");
    const known = LIBRARIES[library!];
    if (known === undefined) throw new Error(`nothing is known of the licence of "${library}"`);
    const { description, licence, texts } = known;
    return {
      name: library!,
      version: version!,
      description,
      licence,
      address: `pkg:deb/debian/${library}@${encodeURIComponent(version!)}?arch=${debian}`,
      // The version of the source package is told where it is another one.
      source: `Debian source package ${source ?? library} ${
        sourceVersion?.replace(/[()]/g, "") ?? version
      }`,
      texts: [
        { name: "copyright", text: await copyrightOf(library!, `${folder}/files`) },
        ...texts.map((name): LicenceText => ({
          name,
          text: Deno.readTextFileSync(`${COMMON_LICENCES}/${name}`),
        })),
      ],
    };
  }));
}

/** What the package says of copyrights; for some that is in a package which this system has as well. */
async function copyrightOf(library: string, unpacked: string): Promise<string> {
  const path = `/usr/share/doc/${library}/copyright`;
  try {
    return await Deno.readTextFile(unpacked + path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.readTextFile(path);
  }
}

/**
 * The C library that the launcher is linked with: that of the machine the launcher is built on.
 *
 * @throws {Error} if it is not Debian's.
 */
export async function launcherComponent(): Promise<Component> {
  const format = "${Version} ${source:Package} ${source:Version}\n";
  const told = await runTool("dpkg-query", ["--show", `--showformat=${format}`, "libc6-dev"]);
  const [version, source, sourceVersion] = told.trim().split(" ");
  return {
    name: "libc6-dev",
    version: version!,
    description: "GNU C library, linked into the launcher",
    licence: "LGPL-2.1-or-later",
    address: `pkg:deb/debian/libc6-dev@${encodeURIComponent(version!)}`,
    source: `Debian source package ${source} ${sourceVersion}`,
    texts: [
      { name: "copyright", text: await Deno.readTextFile("/usr/share/doc/libc6-dev/copyright") },
      { name: "LGPL-2.1", text: await Deno.readTextFile(`${COMMON_LICENCES}/LGPL-2.1`) },
    ],
  };
}
