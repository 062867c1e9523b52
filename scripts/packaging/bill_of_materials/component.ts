/** Something by others that is in the executable. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** What it does in the program. */
  readonly description?: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** Address as a package (purl). */
  readonly address: string;
  /** Where its sources are. */
  readonly source?: string;
  /** A digest of the package it came in, by the name of CycloneDX. */
  readonly digest?: { readonly algorithm: "SHA-256" | "SHA-512"; readonly hex: string };
  /** What its licence wants to be passed on: the files as they are, with their names. */
  readonly texts: readonly LicenceText[];
}

/** A file that tells of a licence. */
export interface LicenceText {
  readonly name: string;
  readonly text: string;
}

/** Names of files that tell of a licence. */
const LICENCE_FILE = /^(licen[cs]e|copying|notice|unlicense|copyright)/i;

/**
 * The licence files in a folder of sources.
 *
 * @throws {Error} if there is none, as the texts have to be passed on.
 */
export function licenceTexts(folder: string): LicenceText[] {
  const names = [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && LICENCE_FILE.test(name))
    .map(({ name }) => name)
    .toSorted();
  if (names.length === 0) throw new Error(`no licence file in "${folder}"`);
  return names.map((name) => ({ name, text: Deno.readTextFileSync(`${folder}/${name}`) }));
}
