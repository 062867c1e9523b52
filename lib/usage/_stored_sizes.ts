import type { Repository } from "../repository/mod.ts";
import { ChunkTally } from "./chunk_tally.ts";

/** Sizes of chunks as they are stored. */
export interface StoredSizes {
  /** Bytes that a chunk takes; undefined if there is none. */
  readonly sizeOf: (digest: Uint8Array) => number | undefined;
  /** Requests that it took to know. */
  readonly requests: number;
}

/**
 * Sizes of chunks as they are stored: looked up where that is possible, listed beforehand in a bucket, where each
 * chunk of the datastore takes 20 bytes of memory.
 *
 * @param isWanted Whether the size of a chunk will be asked for; only those are remembered.
 * @returns undefined where the repository does not tell.
 */
export async function findStoredSizes(
  repository: Pick<Repository, "storedSizeOf" | "listStoredSizes">,
  isWanted: (digest: Uint8Array) => boolean = () => true,
): Promise<StoredSizes | undefined> {
  const { storedSizeOf } = repository;
  if (storedSizeOf !== undefined) return { sizeOf: storedSizeOf, requests: 0 };
  if (repository.listStoredSizes === undefined) return undefined;
  const sizes = new ChunkTally(1);
  const requests = await repository.listStoredSizes((digest, bytes) => {
    if (isWanted(digest)) sizes.add(digest, bytes);
  });
  return {
    sizeOf: (digest) => sizes.find(digest) ? sizes.size : undefined,
    requests,
  };
}
