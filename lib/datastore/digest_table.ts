const DIGEST_WORDS = 8;

/**
 * A map from digests to numbers that stays small: 40 bytes per slot, no object per entry.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const table = new DigestTable();
 * table.set(new Uint8Array(32), 5);
 * assertEquals(table.get(new Uint8Array(32)), 5);
 * assertEquals(table.get(new Uint8Array(32).fill(1)), undefined);
 * ```
 */
export class DigestTable {
  #words: Uint32Array = new Uint32Array(1024 * DIGEST_WORDS);
  /** Size plus one; 0 marks a free slot. */
  #sizes: Float64Array = new Float64Array(1024);
  #count = 0;
  readonly #key = new Uint32Array(DIGEST_WORDS);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);
  /** Which digests share a slot must not be known to their maker. */
  readonly #salt = crypto.getRandomValues(new Int32Array(1))[0]!;

  /** Number of digests. */
  get count(): number {
    return this.#count;
  }

  /** The value of a digest, or undefined. */
  get(digest: Uint8Array): number | undefined {
    const size = this.#sizes[this.#slot(digest)]!;
    return size === 0 ? undefined : size - 1;
  }

  /** Whether a digest is there. */
  has(digest: Uint8Array): boolean {
    return this.#sizes[this.#slot(digest)] !== 0;
  }

  /** Sets the value of a digest. @returns Whether it was not there before. */
  set(digest: Uint8Array, value: number): boolean {
    if (this.#count * 4 >= this.#sizes.length * 3) this.#grow();
    const slot = this.#slot(digest);
    const isNew = this.#sizes[slot] === 0;
    if (isNew) {
      this.#words.set(this.#key, slot * DIGEST_WORDS);
      this.#count++;
    }
    this.#sizes[slot] = value + 1;
    return isNew;
  }

  /** The slot a digest is in, or would be. Leaves the digest in the key. */
  #slot(digest: Uint8Array): number {
    if (digest.byteLength !== 32) throw new RangeError("a digest has 32 bytes");
    this.#keyBytes.set(digest);
    const key = this.#key;
    const words = this.#words;
    const mask = this.#sizes.length - 1;
    // All words count: a server cannot check the digests of encrypted chunks that it is sent.
    let hash = this.#salt;
    for (let word = 0; word < DIGEST_WORDS; word++) {
      hash = Math.imul(hash ^ key[word]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let slot = hash & mask;
    while (this.#sizes[slot] !== 0) {
      const at = slot * DIGEST_WORDS;
      let word = 0;
      while (word < DIGEST_WORDS && words[at + word] === key[word]) word++;
      if (word === DIGEST_WORDS) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [words, sizes] = [this.#words, this.#sizes];
    this.#words = new Uint32Array(words.length * 2);
    this.#sizes = new Float64Array(sizes.length * 2);
    const bytes = new Uint8Array(words.buffer);
    for (let i = 0; i < sizes.length; i++) {
      if (sizes[i] === 0) continue;
      const slot = this.#slot(bytes.subarray(i * 32, i * 32 + 32));
      this.#words.set(this.#key, slot * DIGEST_WORDS);
      this.#sizes[slot] = sizes[i]!;
    }
  }
}
