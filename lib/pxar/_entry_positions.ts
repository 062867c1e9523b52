import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import type { RandomAccess } from "./random_access.ts";

/** Bytes of a table that are looked at together. */
const PAGE_BYTES = 4096 * format.GOODBYE_ITEM_SIZE;
/**
 * Positions that are known at a time, 8 bytes each: the whole of a directory of a million entries.
 */
const WINDOW_POSITIONS = 1024 * 1024;
/** A directory that needs more runs over its table, of 16 to 32 million entries, is refused. */
const MAX_RUNS = 32;

/** Positions that all directories on the way down a tree may hold together, 8 bytes each. */
const MAX_HELD_POSITIONS = 8 * WINDOW_POSITIONS;

/** Memory that the directories of an archive being listed hold together. */
export interface PositionMemory {
  /** Number of positions. */
  held: number;
}

/** Place of a goodbye table. */
export interface TablePlace {
  /** Start of the directory: none of its entries may lie before it. */
  readonly start: number;
  /** Position of its GOODBYE item, which distances are counted from. */
  readonly goodbye: number;
  /** Entries of the table. */
  readonly length: number;
}

/**
 * Tells where entries of a directory begin, in stream order. A goodbye table is in order of hashes
 * and may be larger than memory, so it is read page by page, and only the next positions are kept.
 */
export class EntryPositions implements Disposable {
  readonly #access: RandomAccess;
  readonly #place: TablePlace;
  readonly #memory: PositionMemory;
  readonly #windowPositions: number;
  #window: Float64Array<ArrayBuffer> = new Float64Array(0);
  #held = 0;
  #next = 0;
  /** Whether there are positions after those of the window. */
  #more = true;
  #runs = 0;

  /** @param windowPositions Positions that are known at a time, at least 2. */
  constructor(
    access: RandomAccess,
    place: TablePlace,
    memory: PositionMemory,
    windowPositions: number = WINDOW_POSITIONS,
  ) {
    this.#windowPositions = windowPositions;
    this.#access = access;
    this.#place = place;
    this.#memory = memory;
  }

  /** Gives the memory back. */
  [Symbol.dispose](): void {
    this.#memory.held -= this.#window.length;
    this.#window = new Float64Array(0);
    this.#held = 0;
  }

  /**
   * The first position after `position`, which must not be smaller than the time before; that of the
   * table if none follows.
   *
   * @throws {CorruptDataError} if the table leads out of its directory, or has too many entries.
   */
  async after(position: number): Promise<number> {
    for (;;) {
      while (this.#next < this.#held) {
        const found = this.#window[this.#next]!;
        if (found > position) return found;
        this.#next++;
      }
      if (!this.#more) return this.#place.goodbye;
      await this.#fill(position);
    }
  }

  /** Collects the smallest positions above `least`. */
  async #fill(least: number): Promise<void> {
    const { goodbye, length } = this.#place;
    if (this.#window.length === 0) {
      const size = Math.min(length, this.#windowPositions);
      if (this.#memory.held + size > MAX_HELD_POSITIONS) this.#refuse();
      this.#memory.held += size;
      this.#window = new Float64Array(size);
    }
    if (++this.#runs > MAX_RUNS) this.#refuse();
    const window = this.#window;
    let held = 0;
    let limit = Infinity;
    const end = goodbye + format.HEADER_SIZE + length * format.GOODBYE_ITEM_SIZE;
    for (let at = goodbye + format.HEADER_SIZE; at < end; at += PAGE_BYTES) {
      const page = viewOf(await this.#access.read(at, Math.min(PAGE_BYTES, end - at)));
      for (let item = 0; item < page.byteLength; item += format.GOODBYE_ITEM_SIZE) {
        const position = entryPosition(page, item, this.#place);
        if (position <= least || position >= limit) continue;
        if (held === window.length) {
          window.sort();
          held = window.length >> 1;
          limit = window[held - 1]!;
          if (position >= limit) continue;
        }
        window[held++] = position;
      }
    }
    window.subarray(0, held).sort();
    this.#more = limit < Infinity;
    this.#held = held;
    this.#next = 0;
  }

  #refuse(): never {
    const { start, length } = this.#place;
    throw new CorruptDataError(
      `archive: directory at ${start} has ${length} entries, too many to look into it; restore it whole`,
    );
  }
}

/** Position of the FILENAME item that the item at `at` leads to. */
export function entryPosition(items: DataView, at: number, { start, goodbye }: TablePlace): number {
  const distance = readTableNumber(items, at + 8);
  const position = goodbye - distance;
  if (distance === 0 || position <= start) {
    throw new CorruptDataError(`archive: goodbye table at ${goodbye} leads out of its directory`);
  }
  return position;
}

/** A number of a goodbye table. */
export function readTableNumber(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) {
    throw new CorruptDataError("archive: number in a goodbye table is out of range");
  }
  return value;
}

/** Bytes as numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
