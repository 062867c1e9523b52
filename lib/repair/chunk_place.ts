import { MAX_ENCODED_CHUNK_BYTES } from "../blob/mod.ts";
import { ConnectionError, CorruptDataError, NotFoundError, PbsError } from "../errors/mod.ts";
import type { Repository, SnapshotSource } from "../repository/mod.ts";
import type { ChunkCheck, WantedChunk } from "./chunk_check.ts";

/**
 * Another place that a chunk may be had from. Nothing it gives is believed: see {@linkcode findChunk}.
 */
export interface ChunkPlace {
  /** Its name in messages. */
  readonly name: string;
  /**
   * Reads a chunk's blob; see {@linkcode SnapshotSource.readChunk}. Several calls may be pending.
   *
   * @throws {NotFoundError} if it does not have it.
   */
  readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void>;
}

/** A chunk that was found elsewhere, and checked. */
export interface FoundChunk {
  /** The encoded chunk. */
  readonly blob: Uint8Array;
  readonly place: ChunkPlace;
}

/** Hears why a chunk of a place was not taken. */
export type RefusedChunk = (place: ChunkPlace, chunk: WantedChunk, reason: Error) => void;

/**
 * Looks for a good chunk in some places, one after the other.
 *
 * @param onRefused Told of chunks that are there and are not good.
 * @returns undefined if no place has it.
 */
export async function findChunk(
  places: readonly ChunkPlace[],
  chunk: WantedChunk,
  check: ChunkCheck,
  onRefused: RefusedChunk,
): Promise<FoundChunk | undefined> {
  for (const place of places) {
    try {
      let blob = new Uint8Array();
      await place.readChunk(chunk.digest, (length) => {
        if (length > MAX_ENCODED_CHUNK_BYTES) {
          throw new CorruptDataError(`a chunk cannot have ${length} bytes`);
        }
        return blob = new Uint8Array(length);
      });
      await check.checkBlob(chunk, blob);
      return { blob, place };
    } catch (error) {
      // Whatever is wrong with one place: the next one may have it.
      if (!(error instanceof PbsError)) throw error;
      if (!(error instanceof NotFoundError)) onRefused(place, chunk, error);
    }
  }
  return undefined;
}

/** A repository whose chunks can be read by their digests alone; undefined for a server. */
export function placeOf(
  repository: Pick<Repository, "displayName" | "readChunk">,
): ChunkPlace | undefined {
  if (repository.readChunk === undefined) return undefined;
  const read = repository.readChunk.bind(repository);
  return { name: repository.displayName, readChunk: read };
}

/**
 * A snapshot, the indexes of which were read. When its server cannot be reached any more it has nothing:
 * each chunk would wait for it anew.
 */
export function placeOfSnapshot(name: string, source: SnapshotSource): ChunkPlace {
  let isLost = false;
  return {
    name,
    readChunk: async (digest, buffer) => {
      if (isLost) throw new NotFoundError(`${name} cannot be reached`);
      try {
        await source.readChunk(digest, buffer);
      } catch (error) {
        isLost ||= error instanceof ConnectionError;
        throw error;
      }
    },
  };
}
