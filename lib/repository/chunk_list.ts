const DIGEST_LENGTH = 32;
const FIRST_CAPACITY = 1024;

/**
 * Chunks by digest, with their sizes, in order: 40 bytes each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const chunks = new ChunkList();
 * chunks.add(new Uint8Array(32).fill(7), 4096, 1000);
 * assertEquals([chunks.count, chunks.sizeAt(0), chunks.storedSizeAt(0)], [1, 4096, 1000]);
 * ```
 */
export class ChunkList {
  #digests = new Uint8Array(FIRST_CAPACITY * DIGEST_LENGTH);
  #sizes = new Uint32Array(2 * FIRST_CAPACITY);
  #count = 0;

  /** Number of chunks. */
  get count(): number {
    return this.#count;
  }

  /** All digests, 32 bytes each, one after the other; a view that the next addition may outdate. */
  get digests(): Uint8Array {
    return this.#digests.subarray(0, this.#count * DIGEST_LENGTH);
  }

  /**
   * Adds a chunk.
   *
   * @param digest 32 bytes; copied.
   * @param size Length of the plain bytes.
   * @param storedSize Length of the encoded chunk in bytes; 0 if it is not known.
   */
  add(digest: Uint8Array, size: number, storedSize: number): void {
    if (this.#count * 2 === this.#sizes.length) this.#grow();
    this.#digests.set(digest, this.#count * DIGEST_LENGTH);
    this.#sizes[this.#count * 2] = size;
    this.#sizes[this.#count * 2 + 1] = storedSize;
    this.#count++;
  }

  /** A view of the digest of a chunk, by its place. */
  digestAt(index: number): Uint8Array {
    return this.#digests.subarray(index * DIGEST_LENGTH, (index + 1) * DIGEST_LENGTH);
  }

  /** Length of the plain bytes of a chunk, by its place. */
  sizeAt(index: number): number {
    return this.#sizes[index * 2]!;
  }

  /** Length in bytes of the encoded chunk, by its place. */
  storedSizeAt(index: number): number {
    return this.#sizes[index * 2 + 1]!;
  }

  #grow(): void {
    const digests = new Uint8Array(this.#digests.length * 2);
    digests.set(this.#digests);
    const sizes = new Uint32Array(this.#sizes.length * 2);
    sizes.set(this.#sizes);
    [this.#digests, this.#sizes] = [digests, sizes];
  }
}
