const DIGEST_LENGTH = 32;
const FIRST_CAPACITY = 1024;

/**
 * The digests of chunks that a repository has stored for a run. They outlive the run, so that the
 * next attempt need not send them again (docs/remote.md).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const chunks = new AcknowledgedChunks();
 * chunks.add(new Uint8Array(32).fill(7));
 * assertEquals(chunks.take().length, 32);
 * assertEquals(chunks.take().length, 0);
 * ```
 */
export class AcknowledgedChunks {
  #digests = new Uint8Array(FIRST_CAPACITY * DIGEST_LENGTH);
  #length = 0;

  /** @param digests One or more of 32 bytes each, one after the other; copied. */
  add(digests: Uint8Array): void {
    const needed = this.#length + digests.length;
    if (needed > this.#digests.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#digests.length));
      larger.set(this.#digests.subarray(0, this.#length));
      this.#digests = larger;
    }
    this.#digests.set(digests, this.#length);
    this.#length = needed;
  }

  /** All digests, one after the other; forgotten here afterwards. */
  take(): Uint8Array {
    const digests = this.#digests.subarray(0, this.#length);
    this.#digests = new Uint8Array(FIRST_CAPACITY * DIGEST_LENGTH);
    this.#length = 0;
    return digests;
  }
}
