import { PbsError } from "../errors/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";

/**
 * The clock that access times are taken from, which may be another machine's. Whoever compares them
 * with a time that is hardly past must know that it did not go back in between.
 */
export class StoreClock {
  /** Start of the watch, seconds since the epoch. */
  readonly start: number;
  readonly #chunks: ChunkStore;
  #last: number;

  constructor(chunks: ChunkStore) {
    this.#chunks = chunks;
    this.start = this.#last = chunks.now();
  }

  /**
   * The time now.
   *
   * @throws {PbsError} if the clock was set back: what was marked since then looks unused.
   */
  check(): number {
    const now = this.#chunks.now();
    if (now < this.#last) {
      throw new PbsError(
        "the clock was set back while garbage was being collected, nothing more is removed: run it again",
      );
    }
    return this.#last = now;
  }
}
