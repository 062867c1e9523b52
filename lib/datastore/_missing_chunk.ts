import { MAX_ENCODED_CHUNK_BYTES } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { MIN_ENCODED_CHUNK_BYTES } from "./format.ts";
import { readIndex } from "./read_index.ts";
import { TimeSlice } from "./time_slice.ts";

/**
 * Looks for a chunk of a snapshot whose file is missing, or has a length that no chunk has. Files are not
 * read: what is wrong inside, verification has to find (docs/internals/datastore.md "Known chunks").
 *
 * @returns What is wrong with the first one; undefined if all are there.
 */
export async function findMissingChunk(
  snapshot: DatastoreSnapshot,
  { files }: Manifest,
): Promise<string | undefined> {
  const { datastore } = snapshot;
  if (!datastore.chunks.hasCheapLooks) return undefined;
  const slice = new TimeSlice();
  for (const { filename } of files) {
    if (!/\.[fd]idx$/.test(filename)) continue;
    const index = readIndex(await datastore.files.read(snapshot.file(filename)), filename);
    for (let i = 0; i < index.chunkCount; i++) {
      if ((i & 63) === 0 && slice.isOver) await slice.pause();
      const digest = index.digestAt(i);
      const chunk = await datastore.chunks.stat(digest);
      if (chunk === undefined) return `its chunk ${encodeHex(digest)} is missing`;
      const { size } = chunk;
      if (size === undefined) continue;
      if (size < MIN_ENCODED_CHUNK_BYTES || size > MAX_ENCODED_CHUNK_BYTES) {
        return `its chunk ${encodeHex(digest)} has ${size} bytes, which no chunk has`;
      }
    }
  }
  return undefined;
}
