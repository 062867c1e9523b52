import type { UpgradedPatience } from "./upgraded_patience.ts";

/**
 * Bytes that the first client may send ahead; those that come while it is there get less and less,
 * and never less than the smallest window. This and the upload budget are what the server's memory
 * consists of.
 */
const FIRST_WINDOW_BYTES = 16 * 1024 * 1024;
const MIN_WINDOW_BYTES = 1 * 1024 * 1024;

/** The upgraded connections of a server. */
export class UpgradedConnections {
  #open = 0;

  /** @param patience With the clients of all of them. */
  constructor(readonly patience: UpgradedPatience) {}

  /** Bytes that the client of the connection counted last may send ahead. */
  get windowBytes(): number {
    return Math.max(FIRST_WINDOW_BYTES / Math.max(this.#open, 1) ** 2, MIN_WINDOW_BYTES);
  }

  /** Counts a connection until the result is disposed. */
  count(): Disposable {
    this.#open++;
    return { [Symbol.dispose]: () => void this.#open-- };
  }
}
