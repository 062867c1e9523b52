import type { DigestSet } from "./digest_set.ts";
import { DIGEST_WORDS, PARTITION_COUNT, PARTITION_DIGITS } from "./format.ts";
import type { SpillFile } from "./_spill_file.ts";

/** A digest as eight words whose order as numbers is that of the digests. */
export type OrderedDigest = Uint32Array;

/** Referenced digests of a range that is in memory, and which of them were listed. */
export class Window {
  readonly set: DigestSet;
  /** The first digest beyond the range; undefined if nothing is beyond it. */
  readonly end: OrderedDigest | undefined;
  /** By number in the set: 1 for those that were listed. */
  readonly seen: Uint8Array;

  /** Whether it reaches to the end of the range that was asked for. */
  readonly isWhole: boolean;

  constructor(set: DigestSet, end: OrderedDigest | undefined, isWhole: boolean) {
    this.set = set;
    this.end = end;
    this.isWhole = isWhole;
    this.seen = new Uint8Array(set.count);
  }

  /** Whether a digest lies before the end of the range. */
  covers(words: Uint32Array): boolean {
    return this.end === undefined || compare(words, 0, this.end) < 0;
  }

  /** The digests that were not listed. */
  *missing(): Generator<Uint8Array> {
    const { records } = this.set;
    for (let record = 0; record < this.seen.length; record++) {
      if (this.seen[record] === 0) yield digestAt(records, record);
    }
  }
}

/** The range of digests that begin with some hex digits. */
export interface DigestRange {
  readonly first: OrderedDigest;
  /** The first digest beyond; undefined at the very end. */
  readonly end: OrderedDigest | undefined;
}

/** The range of digests that begin with some hex digits, up to eight. */
export function rangeOf(prefix: string): DigestRange {
  const [first, end] = [new Uint32Array(DIGEST_WORDS), new Uint32Array(DIGEST_WORDS)];
  const width = 16 ** (8 - prefix.length);
  const number = Number.parseInt(prefix, 16);
  first[0] = number * width;
  end[0] = (number + 1) * width;
  return { first, end: (number + 1) * width > 0xffffffff ? undefined : end };
}

/**
 * Loads the digests of a range, or as many of the lowest ones as there is room for.
 *
 * @param set Memory for the window, empty, with a capacity of at least two.
 * @returns A window from the beginning of the range to its end, or to where there was no room.
 * @throws {CorruptDataError} if the spill file is damaged.
 */
export function loadWindow(
  spill: SpillFile,
  { first, end }: DigestRange,
  set: DigestSet,
): Window {
  const last = end === undefined ? PARTITION_COUNT - 1 : partitionBefore(end);
  set.reserve(spill.countIn(partitionAt(first), last));
  let bound = end;
  let isUnfiltered = startsPartition(first) && (end === undefined || startsPartition(end));
  for (const piece of spill.read(partitionAt(first), last)) {
    let words = isUnfiltered ? piece : within(piece, first, bound);
    for (;;) {
      const count = words.length / DIGEST_WORDS;
      const taken = set.addAll({ words, at: 0, stride: DIGEST_WORDS }, count);
      if (taken === count) break;
      bound = keepLowerHalf(set);
      isUnfiltered = false;
      words = within(words.subarray(taken * DIGEST_WORDS), first, bound);
    }
  }
  return new Window(set, bound, bound === end);
}

/** The partition that a digest lies in. */
function partitionAt(digest: OrderedDigest): number {
  return digest[0]! >>> 32 - PARTITION_DIGITS * 4;
}

/** The partition of the digest before one. */
function partitionBefore(end: OrderedDigest): number {
  return startsPartition(end) ? partitionAt(end) - 1 : partitionAt(end);
}

function startsPartition(digest: OrderedDigest): boolean {
  return digest[0]! << PARTITION_DIGITS * 4 === 0 && digest.subarray(1).every((word) => word === 0);
}

/** Leaves the lower half of a set by value. @returns The lowest digest that is not in it any more. */
function keepLowerHalf(set: DigestSet): OrderedDigest {
  const records = set.records.slice();
  const order = new Uint32Array(set.count).map((_, record) => record);
  order.sort((a, b) => compareRecords(records, a, b));
  const kept = order.length >>> 1;
  set.clear();
  for (const record of order.subarray(0, kept)) {
    set.addAll({ words: records, at: record * DIGEST_WORDS, stride: DIGEST_WORDS }, 1);
  }
  const from = order[kept]! * DIGEST_WORDS;
  return records.slice(from, from + DIGEST_WORDS).map(swap);
}

/** The digests of a piece that lie in a range. */
function within(
  piece: Uint32Array,
  first: OrderedDigest,
  end: OrderedDigest | undefined,
): Uint32Array {
  const kept = new Uint32Array(piece.length);
  let length = 0;
  for (let at = 0; at < piece.length; at += DIGEST_WORDS) {
    if (compare(piece, at, first) < 0) continue;
    if (end !== undefined && compare(piece, at, end) >= 0) continue;
    kept.set(piece.subarray(at, at + DIGEST_WORDS), length);
    length += DIGEST_WORDS;
  }
  return kept.subarray(0, length);
}

function compareRecords(records: Uint32Array, a: number, b: number): number {
  const [left, right] = [a * DIGEST_WORDS, b * DIGEST_WORDS];
  for (let word = 0; word < DIGEST_WORDS; word++) {
    const difference = swap(records[left + word]!) - swap(records[right + word]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Negative if the digest at a place, as an index has it, lies before another one. */
function compare(words: Uint32Array, at: number, digest: OrderedDigest): number {
  for (let word = 0; word < DIGEST_WORDS; word++) {
    const difference = swap(words[at + word]!) - digest[word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The bytes of a word the other way round. */
function swap(word: number): number {
  return (word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24) >>> 0;
}

function digestAt(records: Uint32Array, record: number): Uint8Array {
  const from = record * DIGEST_WORDS;
  return new Uint8Array(records.slice(from, from + DIGEST_WORDS).buffer);
}
