import type { Chunker } from "./chunker.ts";

/** Cuts at multiples of a size (spec: datastore-formats.md §3.6). */
export class FixedChunker implements Chunker {
  readonly #size: number;
  #length = 0;

  /** @param chunkSizeBytes At least 1. */
  constructor(chunkSizeBytes: number) {
    this.#size = chunkSizeBytes;
  }

  scan(bytes: Uint8Array): number {
    const missing = this.#size - this.#length;
    if (bytes.length < missing) {
      this.#length += bytes.length;
      return 0;
    }
    this.#length = 0;
    return missing;
  }

  reset(): void {
    this.#length = 0;
  }
}
