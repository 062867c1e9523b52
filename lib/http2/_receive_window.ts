/**
 * Bytes that a peer may still send on a stream or a connection. Credit is given back in quarters of
 * the window, so that few WINDOW_UPDATE frames are needed.
 */
export class ReceiveWindow {
  readonly #sizeBytes: number;
  #leftBytes: number;
  #consumedBytes = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#leftBytes = sizeBytes;
  }

  /** Whether the peer can send nothing until something is consumed. */
  get exhausted(): boolean {
    return this.#leftBytes <= 0;
  }

  /** Notes what has arrived. @returns whether the peer kept within the window. */
  take(sizeBytes: number): boolean {
    this.#leftBytes -= sizeBytes;
    return this.#leftBytes >= 0;
  }

  /** Notes what was consumed. @returns the increment to announce now, or 0. */
  giveBack(sizeBytes: number): number {
    this.#consumedBytes += sizeBytes;
    if (this.#consumedBytes * 4 < this.#sizeBytes) return 0;
    const increment = this.#consumedBytes;
    this.#leftBytes += increment;
    this.#consumedBytes = 0;
    return increment;
  }
}
