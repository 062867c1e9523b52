import { ConnectionError, NotFoundError } from "../errors/mod.ts";
import type { Repository, SnapshotSource } from "../repository/mod.ts";

/** Another place that a chunk may be had from. Nothing it gives is believed: see {@linkcode askPlaces}. */
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
