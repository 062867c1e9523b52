import { bytesEqual } from "../bytes/mod.ts";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import { lookUpArchive, type Manifest, type ManifestFile } from "../manifest/mod.ts";
import {
  CATALOG_NAME,
  ENCRYPTED_KEY_BLOB_NAME,
  parseArchiveName,
  splitArchiveNames,
} from "../repository/mod.ts";

/** An archive of one name in two snapshots. */
export interface ArchivePair {
  /** In its client form, whether it is split or not: `root.pxar`. */
  readonly name: string;
  /** `identical` if the manifests list the same index or blob for both. */
  readonly status: "added" | "removed" | "identical" | "compared";
  /** Its files in the older snapshot; empty if it was added. */
  readonly before: readonly ManifestFile[];
  /** In the newer one; empty if it was removed. */
  readonly after: readonly ManifestFile[];
}

/**
 * The archives of two snapshots by their names, sorted. What a backup makes for itself, as the
 * catalog, is left out.
 *
 * @param only The one archive that is wanted, by any of its names.
 * @throws {UsageError} if that is none that can be compared, {NotFoundError} if neither has it.
 */
export function pairArchives(before: Manifest, after: Manifest, only?: string): ArchivePair[] {
  if (only !== undefined) {
    const name = clientName(parseArchiveName(only).serverName);
    if (name === undefined) throw new UsageError(`"${only}" is nothing that can be compared`);
    return [pair(before, after, name)];
  }
  const names = new Set<string>();
  for (const { filename } of [...before.files, ...after.files]) {
    const name = clientName(filename);
    if (name !== undefined) names.add(name);
  }
  return [...names].sort().map((name) => pair(before, after, name));
}

function pair(before: Manifest, after: Manifest, name: string): ArchivePair {
  const files = { before: filesOf(before, name), after: filesOf(after, name) };
  if (files.after.length === 0) {
    // Neither has it: this says which there are.
    if (files.before.length === 0) lookUpArchive(after, name);
    return { name, status: "removed", ...files };
  }
  if (files.before.length === 0) return { name, status: "added", ...files };
  const isSame = files.before.length === files.after.length &&
    files.before.every((file, i) => isSameFile(file, files.after[i]!));
  return { name, status: isSame ? "identical" : "compared", ...files };
}

function isSameFile(a: ManifestFile, b: ManifestFile): boolean {
  return a.filename === b.filename && a.size === b.size && a.cryptMode === b.cryptMode &&
    bytesEqual(a.checksum, b.checksum);
}

function filesOf(manifest: Manifest, name: string): ManifestFile[] {
  try {
    const archive = lookUpArchive(manifest, name);
    return archive.form === "single" ? [archive.file] : [archive.metadata, archive.payload];
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

function clientName(serverName: string): string | undefined {
  if (serverName === CATALOG_NAME || serverName === ENCRYPTED_KEY_BLOB_NAME) return undefined;
  const isTree = splitArchiveNames(serverName) !== undefined;
  const name = isTree ? serverName.replace(/\.[mp]?pxar\.didx$/, ".pxar") : serverName;
  return parseArchiveName(name).clientName;
}
