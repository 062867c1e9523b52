import { BUZHASH_TABLE } from "./buzhash_table.ts";
import type { Chunker } from "./chunker.ts";
import { type CutSizes, cutSizes, WINDOW_LENGTH } from "./format.ts";

/**
 * Cuts where the content says so (spec: datastore-formats.md §3.2), byte by byte as the format
 * defines it. The native pipeline makes the same cuts; this is the form it is compared with.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const chunker = new RollingHashChunker(65536);
 * assertEquals(chunker.scan(new Uint8Array(300_000)), 4 * 65536);
 * ```
 */
export class RollingHashChunker implements Chunker {
  readonly #sizes: CutSizes;
  readonly #window = new Uint8Array(WINDOW_LENGTH);
  #hash = 0;
  #length = 0;

  /** @param averageSizeBytes A power of two, at least 512. */
  constructor(averageSizeBytes: number) {
    this.#sizes = cutSizes(averageSizeBytes);
  }

  /** The hash after the last byte. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  scan(bytes: Uint8Array): number {
    const { min, max, mask, limit } = this.#sizes;
    const window = this.#window;
    let hash = this.#hash;
    let length = this.#length;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!;
      const slot = length % WINDOW_LENGTH;
      hash = ((hash << 1) | (hash >>> 31)) ^ BUZHASH_TABLE[byte]!;
      length++;
      if (length > WINDOW_LENGTH) {
        // The leaving byte's entry was rotated by the window's length, a multiple of 32.
        hash ^= BUZHASH_TABLE[window[slot]!]!;
        if (length >= max || (length >= min && (hash & mask) >= limit)) {
          this.reset();
          return index + 1;
        }
      }
      window[slot] = byte;
    }
    this.#hash = hash;
    this.#length = length;
    return 0;
  }

  reset(): void {
    this.#hash = 0;
    this.#length = 0;
  }
}
