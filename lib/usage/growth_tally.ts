import { Turns } from "../chunking/mod.ts";
import { AuthError, LockedError } from "../errors/mod.ts";
import type { Repository } from "../repository/mod.ts";
import { ChunkTally } from "./chunk_tally.ts";
import { fetchIndexes, type PlacedSnapshot } from "./_snapshot_indexes.ts";

/** Plain bytes of the chunks of images; those of file archives have as many on average. */
const USUAL_CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * Sizes of the different chunks of snapshots, to which one after the other is added: how a datastore
 * grows if they are in order of time.
 */
export class GrowthTally {
  readonly #tally = new ChunkTally(1);
  readonly #mostChunks: number;
  readonly #turns = new Turns();
  #distinctBytes = 0;

  /** @param mostChunks Chunks that are told apart; 24 bytes each. */
  constructor(mostChunks: number) {
    this.#mostChunks = mostChunks;
  }

  /** Plain bytes of all chunks that were met, each counted once. */
  get distinctBytes(): number {
    return this.#distinctBytes;
  }

  /**
   * Adds a snapshot. One that has gone, or cannot be read now, adds nothing.
   *
   * @param from Where its indexes are read.
   * @param sizeBytes Of all its files, as far as it is known.
   * @returns Whether there was room for its chunks; if not, nothing more can be added.
   * @throws {CorruptDataError} if an index is damaged.
   */
  async add(
    from: Pick<Repository, "openSnapshot">,
    snapshot: PlacedSnapshot,
    sizeBytes: number,
  ): Promise<boolean> {
    // Before an index is read that would not fit into memory.
    if (sizeBytes / USUAL_CHUNK_BYTES > this.#mostChunks) return false;
    let found;
    try {
      found = await fetchIndexes(from, snapshot);
    } catch (error) {
      if (error instanceof AuthError || error instanceof LockedError) return true;
      throw error;
    }
    for (const index of found?.indexes ?? []) {
      for (let i = 0; i < index.chunkCount; i++) {
        if ((i & 63) === 0) await this.#turns.give();
        const size = index.endOf(i) - index.startOf(i);
        if (!this.#tally.add(index.digestAt(i), size)) continue;
        this.#distinctBytes += size;
        if (this.#tally.count > this.#mostChunks) return false;
      }
    }
    return true;
  }
}
