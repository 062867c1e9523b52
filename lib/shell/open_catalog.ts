import { CatalogReader } from "../catalog/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import { CachedStream, type CheckedSnapshot, type ChunkCache } from "../reading/mod.ts";
import { CATALOG_NAME } from "../repository/mod.ts";

/** A catalog up to this size is read at once, and stays in memory: a million names or so. */
const HELD_BYTES = 32 * 1024 * 1024;
/** Bytes of it that are asked for at a time. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Opens the catalog of a snapshot.
 *
 * @param cache For its chunks; stays the caller's.
 * @returns undefined if the snapshot has none.
 * @throws {CorruptDataError} if it is damaged; where it is too large to be held, so may be the rest.
 */
export async function openCatalog(
  snapshot: CheckedSnapshot,
  cache: ChunkCache,
): Promise<CatalogReader | undefined> {
  const file = snapshot.manifest.files.find(({ filename }) => filename === CATALOG_NAME);
  if (file === undefined) return undefined;
  const index = await snapshot.readIndex(file);
  const stream = new CachedStream(index, cache, file.cryptMode === "encrypt");
  return await CatalogReader.open(stream.size <= HELD_BYTES ? await held(stream) : stream);
}

/** A copy in memory. */
async function held(stream: RandomAccess): Promise<RandomAccess> {
  const { size } = stream;
  const bytes = new Uint8Array(size);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = stream.read(at, Math.min(PIECE_BYTES, size - at));
    pieces.push(piece.then((read) => bytes.set(read, at)));
  }
  await Promise.all(pieces);
  return {
    size,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}
