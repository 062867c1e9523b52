import {
  GOODBYE,
  GOODBYE_ITEM_SIZE,
  GOODBYE_TAIL_MARKER,
  HEADER_SIZE,
  ITEM_TYPE_HIGH,
  ITEM_TYPE_LOW,
} from "./format.ts";
import { writeHeader, writeU64 } from "./_write_item.ts";

/**
 * Contents of the goodbye tables of the directories being written. One arena serves them all: the
 * records of a directory lie above those of its parent and go when it is left, so nothing is
 * allocated per directory and memory is bounded by the entries of the open ones.
 */
export class GoodbyeTable {
  /** Lower and upper half of the name hash, two words per entry. */
  #hashes = new Uint32Array(2 * 1024);
  /** Position of the FILENAME item and size of the entry, two numbers per entry. */
  #places = new Float64Array(2 * 1024);
  /** First record of each open directory. */
  readonly #firsts: number[] = [];
  #count = 0;

  /** Entries of the innermost open directory. */
  get length(): number {
    return this.#count - (this.#firsts.at(-1) ?? 0);
  }

  /** Begins a directory below the current one. */
  enter(): void {
    this.#firsts.push(this.#count);
  }

  /** Ends the current directory and forgets its records. */
  leave(): void {
    this.#count = this.#firsts.pop()!;
  }

  /**
   * Adds an entry to the current directory.
   *
   * @param position Stream position of its FILENAME item.
   * @param size Bytes from there to the end of the entry.
   */
  add(hashLow: number, hashHigh: number, position: number, size: number): void {
    const at = 2 * this.#count++;
    if (at === this.#hashes.length) this.#grow();
    this.#hashes[at] = hashLow;
    this.#hashes[at + 1] = hashHigh;
    this.#places[at] = position;
    this.#places[at + 1] = size;
  }

  /** Bytes of the current directory's GOODBYE item. */
  get encodedSize(): number {
    return HEADER_SIZE + GOODBYE_ITEM_SIZE * (this.length + 1);
  }

  /**
   * Writes the current directory's GOODBYE item, header included, to the start of `view`.
   *
   * @param position Stream position the item will have.
   * @param start Stream position of the directory's ENTRY item, 0 for the root.
   */
  encode(view: DataView, position: number, start: number): void {
    const size = this.encodedSize;
    writeHeader(view, 0, ITEM_TYPE_LOW[GOODBYE]!, ITEM_TYPE_HIGH[GOODBYE]!, size);
    const order = this.sorted();
    const length = order.length;
    const first = this.#firsts.at(-1)!;
    let slot = leftmostSlot(0, length);
    for (let i = 0; i < length; i++) {
      const at = 2 * (first + order[i]!);
      const target = HEADER_SIZE + GOODBYE_ITEM_SIZE * slot;
      view.setUint32(target, this.#hashes[at]!, true);
      view.setUint32(target + 4, this.#hashes[at + 1]!, true);
      writeU64(view, target + 8, position - this.#places[at]!);
      writeU64(view, target + 16, this.#places[at + 1]!);
      slot = nextSlot(slot, length);
    }
    const tail = HEADER_SIZE + GOODBYE_ITEM_SIZE * length;
    view.setBigUint64(tail, GOODBYE_TAIL_MARKER, true);
    writeU64(view, tail + 8, position - start);
    writeU64(view, tail + 16, size);
  }

  /** Indexes of the current directory's records, by ascending unsigned hash, then as added. */
  sorted(): Uint32Array {
    const length = this.length;
    const order = new Uint32Array(length);
    if (length <= 24) {
      for (let i = 0; i < length; i++) this.#insert(order, i, i);
      return order;
    }
    // A double holds 53 bits exactly: the record's index below as many upper bits of the hash as fit.
    // Sorting plain numbers is native; what ties is put right afterwards.
    const indexBits = 32 - Math.clz32(length);
    const dropped = Math.max(0, 32 + indexBits - 53);
    const scale = 2 ** indexBits;
    const first = this.#firsts.at(-1)!;
    const keys = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      keys[i] = (this.#hashes[2 * (first + i) + 1]! >>> dropped) * scale + i;
    }
    keys.sort();
    for (let i = 0; i < length; i++) this.#insert(order, i, keys[i]! % scale);
    return order;
  }

  /** Puts a record into the sorted part of `order`, which has `length` elements so far. */
  #insert(order: Uint32Array, length: number, index: number): void {
    let at = length;
    while (at > 0 && this.#compare(order[at - 1]!, index) > 0) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = index;
  }

  #compare(a: number, b: number): number {
    const first = this.#firsts.at(-1)!;
    const atA = 2 * (first + a);
    const atB = 2 * (first + b);
    return this.#hashes[atA + 1]! - this.#hashes[atB + 1]! ||
      this.#hashes[atA]! - this.#hashes[atB]!;
  }

  #grow(): void {
    const hashes = new Uint32Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const places = new Float64Array(2 * this.#places.length);
    places.set(this.#places);
    this.#places = places;
  }
}

/**
 * The slot that comes first in order below `slot`: goodbye tables are complete binary search trees
 * in array form, the children of slot i in 2i + 1 and 2i + 2 (spec: pxar.md §2.3).
 */
export function leftmostSlot(slot: number, length: number): number {
  while (2 * slot + 1 < length) slot = 2 * slot + 1;
  return slot;
}

/** The slot that follows `slot` in order; anything after the last one. */
export function nextSlot(slot: number, length: number): number {
  if (2 * slot + 2 < length) return leftmostSlot(2 * slot + 2, length);
  while (slot > 0 && slot % 2 === 0) slot = (slot - 2) / 2;
  return (slot - 1) / 2;
}
