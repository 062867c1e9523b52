/** Heads up to this size need no place. */
export const SMALL_HEAD_BYTES = 16 * 1024;
const DEFAULT_PLACES = 32;

/**
 * Places for heads of requests that are not small, over all connections of a server: a client that
 * sends one has not said yet who it is. Each may take a megabyte while it comes.
 */
export class LargeHeads {
  #free: number;

  constructor(places: number = DEFAULT_PLACES) {
    this.#free = places;
  }

  /** Takes a place. @returns what gives it back, or `undefined` if there is none. */
  take(): (() => void) | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    let isTaken = true;
    return () => {
      if (isTaken) this.#free++;
      isTaken = false;
    };
  }
}
