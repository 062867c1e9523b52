import { MAX_ENCODED_CHUNK_BYTES, parseBlobHeader, PLAIN_HEADER_LENGTH } from "../blob/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";

/** A chunk as its header and its length show it. */
export interface ChunkLook {
  /** Encoded size in bytes. */
  readonly size: number;
  readonly encrypted: boolean;
}

/**
 * Length and kind of a stored chunk, by its beginning.
 *
 * @param start Its first 44 bytes, or all if it has fewer.
 * @param size Bytes of the whole.
 * @returns undefined if it is no chunk (spec: datastore-formats.md §1.3).
 */
export function lookAtChunk(start: Uint8Array, size: number): ChunkLook | undefined {
  if (size <= PLAIN_HEADER_LENGTH || size > MAX_ENCODED_CHUNK_BYTES) return undefined;
  try {
    return { size, encrypted: parseBlobHeader(start).encrypted };
  } catch (error) {
    if (error instanceof CorruptDataError) return undefined;
    throw error;
  }
}
