const SEGMENT_PAIRS = 4096;

/**
 * Table of where the files of an archive come to lie in another one: 16 bytes for each. Those that are
 * added in order are found by bisection; the few others have a table of their own.
 */
export class PositionMap {
  /** Old and new position of files, in ascending order of both, so many in each segment. */
  readonly #segments: Float64Array[] = [];
  #count = 0;
  #last = -1;
  readonly #others = new Map<number, number>();

  /** Notes a file by its old and its new position; the first note of an old position counts. */
  add(from: number, to: number): void {
    if (from <= this.#last) {
      if (this.find(from) === undefined) this.#others.set(from, to);
      return;
    }
    const at = this.#count % SEGMENT_PAIRS;
    if (at === 0) this.#segments.push(new Float64Array(2 * SEGMENT_PAIRS));
    const segment = this.#segments.at(-1)!;
    segment[2 * at] = this.#last = from;
    segment[2 * at + 1] = to;
    this.#count++;
  }

  /** The new position of the file that was at `from`. */
  find(from: number): number | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle, 0) < from) low = middle + 1;
      else high = middle;
    }
    if (low < this.#count && this.#at(low, 0) === from) return this.#at(low, 1);
    return this.#others.get(from);
  }

  #at(pair: number, which: 0 | 1): number {
    const segment = this.#segments[Math.floor(pair / SEGMENT_PAIRS)]!;
    return segment[2 * (pair % SEGMENT_PAIRS) + which]!;
  }
}
