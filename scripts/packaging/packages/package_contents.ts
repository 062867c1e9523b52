import type { Component } from "../bill_of_materials/component.ts";
import { compress } from "./compress.ts";
import type { PackageFile } from "./package_file.ts";
import {
  type DistributionPlaces,
  documentFiles,
  type ProgramDocuments,
} from "./program_documents.ts";

/** What packages are made of, besides the executable. */
export interface PackageSources {
  /** In seconds since 1970. */
  readonly dateSecs: number;
  readonly components: readonly Component[];
  /** Licences of the components. */
  readonly notices: string;
  readonly program: ProgramDocuments;
  readonly companion: ProgramDocuments;
}

/** The files of the package with the program, of which packages of all distributions have the same. */
export function programFiles(
  { notices, program }: PackageSources,
  executable: string,
  places: DistributionPlaces,
): PackageFile[] {
  const documents = "usr/share/doc/pbs-client";
  return [
    { path: "usr/bin/pbs-client", mode: 0o755, content: { copyOf: executable } },
    ...documentFiles(program, places),
    ...unitFiles(),
    { path: `${documents}/changelog.gz`, content: changes() },
    { path: `${documents}/LICENSES.gz`, content: compress(notices) },
  ];
}

/** The files of the package that has the program called `pxar` as well: it is the same one. */
export function companionFiles(
  { companion }: PackageSources,
  places: DistributionPlaces,
): PackageFile[] {
  return [
    { path: "usr/bin/pxar", content: { link: "pbs-client" } },
    ...documentFiles(companion, places),
    { path: "usr/share/doc/pbs-client-pxar/changelog.gz", content: changes() },
  ];
}

/** Templates of services and timers, which are there to be enabled. */
function unitFiles(): PackageFile[] {
  const folder = new URL("units/", import.meta.url);
  return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted().map((name) => ({
    path: `usr/lib/systemd/system/${name}`,
    content: Deno.readTextFileSync(new URL(name, folder)),
  }));
}

function changes(): Uint8Array {
  return compress(Deno.readFileSync(new URL("../../../CHANGELOG.md", import.meta.url)));
}
