import type { SnapshotSource } from "../repository/mod.ts";
import { DamagedChunkError } from "./damaged_chunk_error.ts";

/**
 * A file of a snapshot, checked; from elsewhere if it is missing or damaged, and the source knows where to
 * ask.
 *
 * @param take Checks it, and makes of it what is wanted.
 * @throws what `take` and the source throw.
 */
export async function loadFile<T>(
  name: string,
  source: SnapshotSource,
  take: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  try {
    return await take(await source.readFile(name));
  } catch (error) {
    // What makes a chunk one that is to be had elsewhere makes a file one.
    if (source.elsewhere === undefined || !DamagedChunkError.isCause(error)) throw error;
    return await source.elsewhere.file(name, error, take);
  }
}
