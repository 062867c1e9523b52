/** Space that some chunks take together, each counted once. */
export interface ChunkSums {
  readonly chunks: number;
  /** Plain bytes. */
  readonly bytes: number;
  /** Bytes in the datastore; absent where a server does not tell, or nobody asked. */
  readonly stored?: number;
}

/** Counts chunks. */
export class ChunkCounter {
  #chunks = 0;
  #bytes = 0;
  #stored = 0;

  add(size: number, stored: number): void {
    this.#chunks++;
    this.#bytes += size;
    this.#stored += stored;
  }

  subtract(size: number, stored: number): void {
    this.#chunks--;
    this.#bytes -= size;
    this.#stored -= stored;
  }

  /** @param isStoredKnown Whether sizes in the datastore were known. */
  sums(isStoredKnown: boolean): ChunkSums {
    return {
      chunks: this.#chunks,
      bytes: this.#bytes,
      ...(isStoredKnown ? { stored: this.#stored } : {}),
    };
  }
}
