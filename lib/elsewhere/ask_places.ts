import { MAX_ENCODED_CHUNK_BYTES } from "../blob/mod.ts";
import { CancelledError, CorruptDataError, NotFoundError, PbsError } from "../errors/mod.ts";
import { DamagedChunkError } from "../reading/mod.ts";
import type { ReadChunk } from "../repository/mod.ts";
import type { ChunkPlace } from "./chunk_place.ts";

/** Listener for places that were asked in vain. */
export interface PlaceListener {
  /** It has the chunk, and it is not good, or it cannot be read. */
  refused(place: ChunkPlace, reason: Error): void;
  /** It does not have it. */
  lacking?(place: ChunkPlace, reason: Error): void;
}

/** A chunk that was found elsewhere. */
export interface FoundChunk<T> {
  /** Result of the check, as `take` returned it. */
  readonly value: T;
  readonly place: ChunkPlace;
}

/**
 * Looks for a good chunk in some places, one after the other.
 *
 * @param digest 32 bytes.
 * @param take Reads what a place has, and checks it.
 * @returns undefined if no place has it.
 * @throws what `take` throws, unless that says that the chunk is not good.
 */
export async function askPlaces<T>(
  places: Iterable<ChunkPlace>,
  digest: Uint8Array,
  take: (read: ReadChunk) => Promise<T>,
  listener: PlaceListener,
): Promise<FoundChunk<T> | undefined> {
  for (const place of places) {
    let failure: unknown;
    const read: ReadChunk = async (buffer) => {
      try {
        await place.readChunk(digest, (length) => {
          if (length <= MAX_ENCODED_CHUNK_BYTES) return buffer(length);
          throw new CorruptDataError(`a chunk cannot have ${length} bytes`);
        });
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    try {
      return { value: await take(read), place };
    } catch (error) {
      // Whatever is wrong with one place: the next one may have it.
      const isOfPlace = error === failure && error instanceof PbsError &&
        !(error instanceof CancelledError);
      if (!isOfPlace && !DamagedChunkError.isCause(error)) throw error;
      if (error instanceof NotFoundError) listener.lacking?.(place, error);
      else listener.refused(place, error as Error);
    }
  }
  return undefined;
}
