import { Errno } from "../../ffi/errno.ts";
import { checkBlobCrc, parseBlobHeader } from "../blob/mod.ts";
import { CorruptDataError, NotFoundError, SystemError } from "../errors/mod.ts";
import { ChunkList } from "../repository/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";

/** Chunks that are read at a time. */
const READ_AT_ONCE = 4;
/** Chunks that are looked at at a time: none of them is in memory. */
const LOOKED_AT_ONCE = 16;

/**
 * Those of some chunks that lie in a store as they were written, marked as used. Each is read: a crash
 * may leave files of full length without their content (docs/internals/datastore.md "Chunks"). Where that cannot be,
 * its length and its header tell.
 *
 * @param encrypted Whether they were encrypted; others of that digest do not count.
 */
export async function findSoundChunks(
  store: ChunkStore,
  chunks: ChunkList,
  encrypted: boolean,
): Promise<ChunkList> {
  const found = new ChunkList();
  const atOnce = store.look === undefined ? READ_AT_ONCE : LOOKED_AT_ONCE;
  const buffers = Array.from({ length: atOnce }, () => new Uint8Array());
  for (let first = 0; first < chunks.count; first += atOnce) {
    const batch = Array.from(
      { length: Math.min(atOnce, chunks.count - first) },
      (_, i) => first + i,
    );
    const sound = await Promise.all(batch.map(async (index, lane) => {
      const digest = chunks.digestAt(index);
      const told = chunks.storedSizeAt(index);
      // Marked before it is relied on, so that garbage collection leaves it alone afterwards.
      if (store.look !== undefined) {
        if (!await store.touch(digest)) return false;
        const look = await store.look(digest);
        return look?.encrypted === encrypted && (told === 0 || look.size === told);
      }
      const seen = await store.stat(digest);
      if (seen === undefined) return false;
      if (told > 0 && seen.size !== undefined && seen.size !== told) return false;
      if (!await store.touch(digest)) return false;
      return await isSound(store, digest, encrypted, (length) => {
        if (buffers[lane]!.length < length) buffers[lane] = new Uint8Array(length);
        return buffers[lane]!.subarray(0, length);
      });
    }));
    for (const [i, index] of batch.entries()) {
      if (!sound[i]) continue;
      found.add(chunks.digestAt(index), chunks.sizeAt(index), chunks.storedSizeAt(index));
    }
  }
  return found;
}

async function isSound(
  store: ChunkStore,
  digest: Uint8Array,
  encrypted: boolean,
  buffer: (length: number) => Uint8Array,
): Promise<boolean> {
  let blob = new Uint8Array();
  try {
    await store.read(digest, (length) => blob = buffer(length) as Uint8Array<ArrayBuffer>);
    checkBlobCrc(blob, "chunk");
    return parseBlobHeader(blob).encrypted === encrypted;
  } catch (error) {
    // It is written anew then, as any other.
    const isDamaged = error instanceof CorruptDataError || error instanceof NotFoundError ||
      error instanceof SystemError && error.errno === Errno.EIO;
    if (isDamaged) return false;
    throw error;
  }
}
