/** Readers that are told apart. */
const MAX_RUNS = 32;
/** Chunks that are fetched ahead of a reader that goes on and on. */
const MAX_AHEAD = 4;

/** Notices who reads a stream front to back, among several readers, and how far ahead is worth it. */
export class ReadAhead {
  /** By the chunk that each reader is at, the oldest first: how far ahead was fetched for it. */
  readonly #runs = new Map<number, number>();

  /**
   * Tells that a chunk is being read.
   *
   * @returns How many of those after it to fetch: twice as many with each chunk that follows another.
   */
  follow(chunk: number): number {
    const known = this.#runs.get(chunk);
    if (known !== undefined) return 0;
    const before = this.#runs.get(chunk - 1);
    // The second chunk may be the end of what was wanted; the third tells a reader that goes on.
    const ahead = before === undefined ? 0 : Math.min(2 * before + 0.5, MAX_AHEAD);
    this.#runs.delete(chunk - 1);
    this.#runs.set(chunk, ahead);
    if (this.#runs.size > MAX_RUNS) this.#runs.delete(this.#runs.keys().next().value!);
    return Math.floor(ahead);
  }
}
