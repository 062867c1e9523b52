import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import {
  checkManifestOf,
  decodeManifestBlob,
  type ManifestFile,
  verifyIndex,
} from "../manifest/mod.ts";
import { archiveKind, MANIFEST_BLOB_NAME, type SnapshotSource } from "../repository/mod.ts";

/** Reads an index of either kind, by its name. @throws {CorruptDataError} if it is none. */
export function openIndex(bytes: Uint8Array, name: string): ChunkIndex {
  return name.endsWith(".fidx") ? parseFixedIndex(bytes, name) : parseDynamicIndex(bytes, name);
}

/** Reads an index and compares it with the manifest. @throws {CorruptDataError} if they differ. */
export function openListedIndex(bytes: Uint8Array, file: ManifestFile): ChunkIndex {
  const index = openIndex(bytes, file.filename);
  verifyIndex(file, index);
  return index;
}

/**
 * The indexes that a manifest names.
 *
 * @param manifestBlob The raw `index.json.blob`.
 * @param read Reads a file of the same snapshot.
 * @throws {CorruptDataError} if the manifest or an index is damaged.
 */
export async function* indexesOf(
  manifestBlob: Uint8Array,
  read: (name: string) => Promise<Uint8Array>,
): AsyncGenerator<ChunkIndex> {
  const manifest = await decodeManifestBlob(manifestBlob);
  for (const { filename } of manifest.files) {
    if (archiveKind(filename) !== "blob") yield openIndex(await read(filename), filename);
  }
}

/**
 * All indexes of a snapshot, as the manifest says, and the size of all of its files in bytes.
 *
 * @throws {CorruptDataError} if anything of it is damaged.
 */
export async function listedIndexes(
  source: SnapshotSource,
): Promise<{ readonly indexes: readonly ChunkIndex[]; readonly size: number }> {
  const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
  checkManifestOf(manifest, source.snapshot);
  const indexes: ChunkIndex[] = [];
  let size = 0;
  for (const file of manifest.files) {
    size += file.size;
    if (archiveKind(file.filename) === "blob") continue;
    indexes.push(openListedIndex(await source.readFile(file.filename), file));
  }
  return { indexes, size };
}
