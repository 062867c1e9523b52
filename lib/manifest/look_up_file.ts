import { NotFoundError } from "../errors/mod.ts";
import { parseArchiveName, splitArchiveNames } from "../repository/mod.ts";
import type { Manifest, ManifestFile } from "./manifest.ts";

/**
 * The entry of a file.
 *
 * @param serverName Name with its `.didx`, `.fidx` or `.blob`.
 * @throws {NotFoundError} if the manifest does not list it.
 */
export function lookUpFile(manifest: Manifest, serverName: string): ManifestFile {
  const file = findFile(manifest, serverName);
  if (file === undefined) {
    throw new NotFoundError(`the manifest does not list a file "${serverName}"`, {
      situation: { kind: "no-archive", name: serverName, names: namesOf(manifest) },
    });
  }
  return file;
}

/** An archive as a snapshot holds it: in one file, or split in two. */
export type ManifestArchive =
  | { readonly form: "single"; readonly file: ManifestFile }
  | {
    readonly form: "split";
    readonly metadata: ManifestFile;
    readonly payload: ManifestFile;
  };

/**
 * Finds an archive by its client or server name. Where `X.pxar` is not listed the pair of
 * `X.mpxar` and `X.ppxar` is taken; either half's name selects the pair
 * (spec: datastore-formats.md §4.10).
 *
 * @throws {UsageError} if the name's type is unknown.
 * @throws {NotFoundError} if the manifest does not list the archive.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createManifest } from "./manifest.ts";
 * const file = { cryptMode: "none", size: 1, checksum: new Uint8Array(32) } as const;
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 }, [
 *   { filename: "root.ppxar.didx", ...file },
 *   { filename: "root.mpxar.didx", ...file },
 * ]);
 * assertEquals(lookUpArchive(manifest, "root.pxar").form, "split");
 * ```
 */
export function lookUpArchive(manifest: Manifest, name: string): ManifestArchive {
  const { serverName } = parseArchiveName(name);
  const halves = splitArchiveNames(serverName);
  const whole = findFile(manifest, serverName);
  const isHalf = serverName === halves?.metadata || serverName === halves?.payload;
  if (whole !== undefined && !isHalf) return { form: "single", file: whole };
  if (halves !== undefined) {
    const metadata = findFile(manifest, halves.metadata);
    const payload = findFile(manifest, halves.payload);
    if (metadata !== undefined && payload !== undefined) {
      return { form: "split", metadata, payload };
    }
  }
  throw new NotFoundError(`the manifest does not list an archive "${name}"`, {
    situation: { kind: "no-archive", name, names: namesOf(manifest) },
  });
}

function namesOf({ files }: Manifest): string[] {
  return files.map(({ filename }) => filename);
}

function findFile(manifest: Manifest, serverName: string): ManifestFile | undefined {
  return manifest.files.find((file) => file.filename === serverName);
}
