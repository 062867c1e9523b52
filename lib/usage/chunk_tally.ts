const BUCKET_BITS = 10;
/** Words of a record: two of the digest, plain size, stored size, owner, last unit. */
const RECORD_WORDS = 6;
/** The same with owner and last unit in one word. */
const NARROW_RECORD_WORDS = 5;
const FIRST_SLOTS = 4;
/** Records that may be in use, of all slots, and what a bucket grows by then. */
const FULL = 0.9;
const GROWTH = 1.15;
const [OWNER_OFFSET, LAST_OFFSET, HALF_BITS, HALF] = [4, 5, 16, 0xffff];

/**
 * A record of each of many chunks in about 24 bytes: for 10,000,000 of them 240 MB. Chunks are
 * told apart by 74 bits of a hash of their digests; that two of so many agree in all of these is less
 * likely than 1 in 100,000,000.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const tally = new ChunkTally(2);
 * const digest = new Uint8Array(32).fill(7);
 * assertEquals(tally.find(digest), false);
 * assertEquals(tally.add(digest, 4096), true);
 * tally.owner = 1;
 * assertEquals(tally.add(digest, 4096), false);
 * assertEquals([tally.size, tally.owner, tally.last], [4096, 1, undefined]);
 * ```
 */
export class ChunkTally {
  readonly #buckets: Uint32Array[];
  readonly #counts: Uint32Array = new Uint32Array(2 ** BUCKET_BITS);
  readonly #stride: number;
  readonly #none: number;
  readonly #salt = crypto.getRandomValues(new Uint32Array(3));
  #count = 0;
  // The record at hand.
  #records: Uint32Array;
  #at = 0;

  /** @param units How many there are of what owns chunks: they have the numbers from 0 on. */
  constructor(units: number) {
    const isNarrow = units < HALF;
    this.#stride = isNarrow ? NARROW_RECORD_WORDS : RECORD_WORDS;
    this.#none = isNarrow ? HALF : 0xffff_ffff;
    const length = FIRST_SLOTS * this.#stride;
    this.#buckets = Array.from({ length: 2 ** BUCKET_BITS }, () => new Uint32Array(length));
    this.#records = this.#buckets[0]!;
  }

  /** Number of chunks. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that the tables take. */
  get memoryBytes(): number {
    return this.#buckets.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Makes a chunk the one at hand. @returns Whether it is there; if not, none is at hand. */
  find(digest: Uint8Array): boolean {
    const { bucket, low, high } = this.#keyOf(digest);
    this.#records = this.#buckets[bucket]!;
    this.#at = this.#slotOf(this.#records, low, high);
    return this.#records[this.#at + 2] !== 0;
  }

  /**
   * Makes a chunk the one at hand.
   *
   * @param size Plain bytes, more than 0.
   * @returns Whether it was not there before: it has no owner and no last unit then.
   */
  add(digest: Uint8Array, size: number): boolean {
    if (!(size > 0)) throw new RangeError("a chunk has at least one byte");
    if (this.find(digest)) return false;
    const { bucket, low, high } = this.#keyOf(digest);
    if (this.#counts[bucket]! + 1 > FULL * this.#records.length / this.#stride) {
      this.#grow(bucket);
      this.#records = this.#buckets[bucket]!;
      this.#at = this.#slotOf(this.#records, low, high);
    }
    this.#counts[bucket]!++;
    this.#count++;
    this.#records[this.#at] = low;
    this.#records[this.#at + 1] = high;
    this.#records[this.#at + 2] = size;
    this.#set(OWNER_OFFSET, this.#none);
    this.#set(LAST_OFFSET, this.#none);
    return true;
  }

  /** Plain bytes of the chunk at hand. */
  get size(): number {
    return this.#records[this.#at + 2]!;
  }

  /** Bytes that it takes in the datastore; 0 if not known. */
  get stored(): number {
    return this.#records[this.#at + 3]!;
  }

  set stored(bytes: number) {
    this.#records[this.#at + 3] = bytes;
  }

  /** The only unit that has it; undefined if several have. */
  get owner(): number | undefined {
    return this.#get(OWNER_OFFSET);
  }

  set owner(unit: number | undefined) {
    this.#set(OWNER_OFFSET, unit ?? this.#none);
  }

  /** The unit that it was last met in; undefined for none. */
  get last(): number | undefined {
    return this.#get(LAST_OFFSET);
  }

  set last(unit: number | undefined) {
    this.#set(LAST_OFFSET, unit ?? this.#none);
  }

  #get(offset: number): number | undefined {
    let value: number;
    if (this.#stride === RECORD_WORDS) value = this.#records[this.#at + offset]!;
    else {
      const both = this.#records[this.#at + OWNER_OFFSET]!;
      value = offset === OWNER_OFFSET ? both & HALF : both >>> HALF_BITS;
    }
    return value === this.#none ? undefined : value;
  }

  #set(offset: number, value: number): void {
    if (this.#stride === RECORD_WORDS) {
      this.#records[this.#at + offset] = value;
      return;
    }
    const both = this.#records[this.#at + OWNER_OFFSET]!;
    this.#records[this.#at + OWNER_OFFSET] = offset === OWNER_OFFSET
      ? (both & ~HALF) | value
      : (both & HALF) | (value << HALF_BITS);
  }

  /** Digests that lie close together must not be known to whoever chooses them. */
  #keyOf(digest: Uint8Array): { bucket: number; low: number; high: number } {
    if (digest.byteLength !== 32) throw new RangeError("a digest has 32 bytes");
    let [a, b, c] = this.#salt as unknown as [number, number, number];
    for (let at = 0; at < 32; at += 4) {
      const word = digest[at]! | digest[at + 1]! << 8 | digest[at + 2]! << 16 |
        digest[at + 3]! << 24;
      a = Math.imul(a ^ word, 0x9e3779b1);
      a ^= a >>> 15;
      b = Math.imul(b ^ word, 0x85ebca6b);
      b ^= b >>> 13;
      c = Math.imul(c ^ word, 0xc2b2ae35);
      c ^= c >>> 16;
    }
    return { bucket: c >>> (32 - BUCKET_BITS), low: a >>> 0, high: b >>> 0 };
  }

  /** Start of the record of a digest, or the place for it. */
  #slotOf(records: Uint32Array, low: number, high: number): number {
    const slots = records.length / this.#stride;
    let slot = Math.floor(low / 2 ** 32 * slots);
    for (;;) {
      const at = slot * this.#stride;
      if (records[at + 2] === 0 || records[at] === low && records[at + 1] === high) return at;
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
  }

  #grow(bucket: number): void {
    const old = this.#buckets[bucket]!;
    const stride = this.#stride;
    const slots = Math.ceil(old.length / stride * GROWTH) + 1;
    const records = new Uint32Array(slots * stride);
    for (let at = 0; at < old.length; at += stride) {
      if (old[at + 2] === 0) continue;
      records.set(old.subarray(at, at + stride), this.#slotOf(records, old[at]!, old[at + 1]!));
    }
    this.#buckets[bucket] = records;
  }
}
