import type { Chunker } from "./chunker.ts";
import { type CutSizes, cutSizes } from "./format.ts";
import { RollingHashChunker } from "./rolling_hash_chunker.ts";

/**
 * Cuts a payload stream at suggested boundaries, where files begin, or else by the rolling hash
 * (spec: datastore-formats.md §3.4). Where it cuts depends on the pieces it is given.
 */
export class PayloadChunker implements Chunker {
  readonly #sizes: CutSizes;
  readonly #rollingHash: RollingHashChunker;
  readonly #suggestions: number[] = [];

  /** @param averageSizeBytes A power of two, at least 512. */
  constructor(averageSizeBytes: number) {
    this.#sizes = cutSizes(averageSizeBytes);
    this.#rollingHash = new RollingHashChunker(averageSizeBytes);
  }

  /** @param offset Stream offset, not before those suggested already. */
  suggest(offset: number): void {
    this.#suggestions.push(offset);
  }

  scan(bytes: Uint8Array, base: number, total: number): number {
    const scanned = total - bytes.length;
    for (;;) {
      const suggestion = this.#suggestions[0];
      if (suggestion === undefined || suggestion > base + total) break;
      const size = suggestion - base;
      if (size > this.#sizes.max) break;
      this.#suggestions.shift();
      if (size < scanned || size < this.#sizes.min) continue;
      if (size === scanned) break;
      this.reset();
      return size - scanned;
    }
    return this.#rollingHash.scan(bytes);
  }

  reset(): void {
    this.#rollingHash.reset();
  }
}
