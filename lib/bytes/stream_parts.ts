/** Smaller parts are copied together, so that one write carries many of them. */
const SMALL_BYTES = 32 * 1024;
const BLOCK_BYTES = 256 * 1024;

/** A part of what is to be written: bytes, or so many zeros. */
export type StreamPart = Uint8Array | number;

/** Parts of a stream that wait to be written, small ones copied together. */
export class StreamParts {
  #parts: StreamPart[] = [];
  #block = new Uint8Array(BLOCK_BYTES);
  /** Bytes of the block that are used, and those of them that are among the parts. */
  #blockUsed = 0;
  #blockTaken = 0;
  #pendingBytes = 0;

  /** @param keepsParts Whether small parts are copies that stay valid; by default only until more is added. */
  constructor(private readonly keepsParts = false) {}

  /** Bytes that wait to be taken, zeros not counted. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Parts added since the last call, in order; valid until the next is added, or for ever if they are kept. */
  take(): StreamPart[] {
    this.#cutBlock();
    const parts = this.#parts;
    this.#parts = [];
    this.#pendingBytes = 0;
    this.#blockUsed = this.#blockTaken = 0;
    return parts;
  }

  /** Adds bytes; they must stay until they were taken and written. */
  push(bytes: Uint8Array): void {
    this.#pendingBytes += bytes.length;
    if (bytes.length > SMALL_BYTES) {
      this.#cutBlock();
      this.#parts.push(bytes);
      return;
    }
    if (this.#blockUsed + bytes.length > this.#block.length) {
      this.#cutBlock();
      // The parts refer to the old one.
      if (!this.keepsParts) this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockUsed = this.#blockTaken = 0;
    }
    this.#block.set(bytes, this.#blockUsed);
    this.#blockUsed += bytes.length;
  }

  /** Adds zeros. */
  pushZeros(count: number): void {
    if (count === 0) return;
    this.#cutBlock();
    this.#parts.push(count);
  }

  #cutBlock(): void {
    if (this.#blockUsed === this.#blockTaken) return;
    const part = this.#block.subarray(this.#blockTaken, this.#blockUsed);
    this.#parts.push(this.keepsParts ? part.slice() : part);
    this.#blockTaken = this.#blockUsed;
  }
}
