import { DIGEST_WORDS } from "./format.ts";

/** A slot has the number of a record, from 1, in its lower bits and some of the hash above. */
const RECORD_BITS = 24;
const RECORD_MASK = 2 ** RECORD_BITS - 1;
const LEAST_RECORDS = 1024;
/** Digests that are looked up together, after one that was found and when all are new. */
const LEAST_BATCH = 4;
const MOST_BATCH = 64;

/** Bytes of memory per digest while a set grows to its capacity, the largest amount. */
export const SET_BYTES_PER_DIGEST = 60;
/** The largest capacity of a set. */
export const MOST_DIGESTS = RECORD_MASK - 1;

/**
 * A set of digests in the order in which they came, without an object per digest: 40 to 60 bytes each.
 * An index names mostly what the one before it did, in the same order; so a digest is first compared
 * with the one that followed its predecessor the last time, and only then looked up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const set = new DigestSet(100);
 * const words = new Uint32Array(16).fill(7);
 * assertEquals(set.addAll({ words, at: 0, stride: 8 }, 2), 2);
 * assertEquals([set.count, set.find(words, 0)], [1, 0]);
 * ```
 */
export class DigestSet {
  /** Most digests. */
  readonly capacity: number;
  #records: Uint32Array<ArrayBuffer>;
  #slots: Uint32Array;
  #count = 0;
  /** The record that is expected next; none if it is the count. */
  #next = 0;
  /** Hashes of the digests that are looked up together. */
  readonly #hashes = new Int32Array(MOST_BATCH);
  /** Keeps the fetching of slots from being optimized away. */
  #touched = 0;
  /** Which digests share a slot must not be known to their maker. */
  readonly #salt = crypto.getRandomValues(new Int32Array(1))[0]!;

  /** @param capacity Most digests, at most {@linkcode MOST_DIGESTS}; memory grows up to it. */
  constructor(capacity: number) {
    if (!(capacity >= 1 && capacity <= MOST_DIGESTS)) {
      throw new RangeError(`a set cannot have a capacity of ${capacity} digests`);
    }
    this.capacity = capacity;
    const records = Math.min(LEAST_RECORDS, capacity);
    this.#records = new Uint32Array(records * DIGEST_WORDS);
    this.#slots = new Uint32Array(slotsFor(records));
  }

  /** Number of digests. */
  get count(): number {
    return this.#count;
  }

  /** The digests in the order in which they came, eight words each; a view that adding may end. */
  get records(): Uint32Array {
    return this.#records.subarray(0, this.#count * DIGEST_WORDS);
  }

  /**
   * Adds digests until one finds no room.
   *
   * @returns How many were taken; all, unless the set is full.
   */
  addAll(
    { words, at, stride }: { words: Uint32Array; at: number; stride: number },
    count: number,
  ): number {
    let i = 0;
    let batch = LEAST_BATCH;
    while (i < count) {
      i += this.#skipExpected(words, at + i * stride, stride, count - i);
      const ahead = Math.min(batch, count - i);
      this.#lookAhead(words, at + i * stride, stride, ahead);
      let taken = 0;
      while (taken < ahead) {
        const place = at + (i + taken) * stride;
        const hash = this.#hashes[taken]!;
        const found = this.#findHashed(words, place, hash);
        if (found >= 0) {
          this.#next = found + 1;
          taken++;
          break;
        }
        if (this.#count === this.capacity) return i + taken;
        this.#append(words, place, hash);
        this.#next = this.#count;
        taken++;
      }
      // Many new ones in a row: the more are looked up together, the less each waits for memory.
      batch = taken < ahead ? LEAST_BATCH : Math.min(batch * 2, MOST_BATCH);
      i += taken;
    }
    return count;
  }

  /** Number of digests that follow each other as they did the last time. */
  #skipExpected(words: Uint32Array, at: number, stride: number, count: number): number {
    const records = this.#records;
    const first = this.#next;
    const most = Math.min(count, this.#count - first);
    let skipped = 0;
    while (skipped < most && isAt(records, first + skipped, words, at)) {
      skipped++;
      at += stride;
    }
    this.#next = first + skipped;
    return skipped;
  }

  /** Computes hashes, and has the memory of their slots fetched side by side. */
  #lookAhead(words: Uint32Array, at: number, stride: number, count: number): void {
    const hashes = this.#hashes;
    for (let i = 0; i < count; i++) hashes[i] = this.#hash(words, at + i * stride);
    const slots = this.#slots;
    const mask = slots.length - 1;
    let touched = 0;
    for (let i = 0; i < count; i++) touched |= slots[hashes[i]! & mask]!;
    this.#touched = touched;
  }

  /** View of a digest by its number; valid until the set grows or is cleared. */
  digestAt(record: number): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#records;
    return new Uint8Array(buffer, record * DIGEST_WORDS * 4, DIGEST_WORDS * 4);
  }

  /** Forgets all digests and keeps the memory. */
  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
    this.#next = 0;
  }

  /** The number of the digest that begins at a word, or -1. */
  find(words: Uint32Array, at: number): number {
    return this.#findHashed(words, at, this.#hash(words, at));
  }

  #findHashed(words: Uint32Array, at: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0) return -1;
      if ((entry ^ hash) >>> RECORD_BITS !== 0) continue;
      const record = (entry & RECORD_MASK) - 1;
      if (isAt(this.#records, record, words, at)) return record;
    }
  }

  /** All words count: a server cannot check the digests of encrypted chunks that it is sent. */
  #hash(words: Uint32Array, at: number): number {
    let hash = this.#salt;
    for (let word = 0; word < DIGEST_WORDS; word++) {
      hash = Math.imul(hash ^ words[at + word]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** Adds a digest that is not there. */
  #append(words: Uint32Array, at: number, hash: number): void {
    const record = this.#count;
    if ((record + 1) * DIGEST_WORDS > this.#records.length) this.#grow();
    const records = this.#records;
    const to = record * DIGEST_WORDS;
    for (let word = 0; word < DIGEST_WORDS; word++) records[to + word] = words[at + word]!;
    this.#count++;
    this.#enter(record, hash);
  }

  #enter(record: number, hash: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = (hash & ~RECORD_MASK) | (record + 1);
  }

  /** Takes memory for a number of digests at once, as far as the capacity goes. */
  reserve(count: number): void {
    const records = Math.min(count, this.capacity);
    if (records * DIGEST_WORDS > this.#records.length) this.#resize(records);
  }

  #grow(): void {
    // The last step begins at half of the capacity or before: old and new are there together.
    const doubled = this.#count * 2;
    this.#resize(doubled * 2 > this.capacity ? this.capacity : doubled);
  }

  #resize(records: number): void {
    const resized = new Uint32Array(records * DIGEST_WORDS);
    resized.set(this.records);
    this.#records = resized;
    if (slotsFor(records) <= this.#slots.length) return;
    // Twice as many as are needed now, so that each is entered again but once or so.
    this.#slots = new Uint32Array(Math.min(slotsFor(records) * 2, slotsFor(this.capacity)));
    for (let record = 0; record < this.#count; record++) {
      this.#enter(record, this.#hash(resized, record * DIGEST_WORDS));
    }
  }
}

/** A power of two of which at most two thirds are taken. */
function slotsFor(records: number): number {
  return 2 ** Math.ceil(Math.log2(records * 1.5));
}

/** Whether a record is the digest that begins at a word. */
function isAt(records: Uint32Array, record: number, words: Uint32Array, at: number): boolean {
  const from = record * DIGEST_WORDS;
  return records[from] === words[at] && records[from + 1] === words[at + 1] &&
    records[from + 2] === words[at + 2] && records[from + 3] === words[at + 3] &&
    records[from + 4] === words[at + 4] && records[from + 5] === words[at + 5] &&
    records[from + 6] === words[at + 6] && records[from + 7] === words[at + 7];
}
