/**
 * Bounds how many bytes are on their way at a time. Calls that do not fit wait, in their order;
 * something larger than the whole window goes alone.
 */
export class ByteWindow {
  readonly #sizeBytes: number;
  readonly #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];
  #usedBytes = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** Waits for room. To be followed by `release` of the same size. */
  async acquire(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#usedBytes += bytes;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push({ bytes, resolve }));
  }

  /** Gives room back. */
  release(bytes: number): void {
    this.#usedBytes -= bytes;
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.bytes)) {
      const { bytes: next, resolve } = this.#waiting.shift()!;
      this.#usedBytes += next;
      resolve();
    }
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#sizeBytes;
  }
}
