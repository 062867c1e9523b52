import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import type { PxarEntry } from "./pxar_entry.ts";
import { EntryBuilder, type ItemBytes, readName, ROOT_NAME } from "./_entry_builder.ts";
import { GoodbyeVerifier } from "./_goodbye_verifier.ts";
import { readContentSize, readItemType } from "./_item_header.ts";

/**
 * Outcome of a step of a decoder.
 * - `need-input`: the piece fed last is used up, nothing refers to it any more;
 * - `entry`: {@linkcode PxarDecoder.entry} is a new entry; after a directory come its children;
 * - `data`: content of the file returned last, see {@linkcode PxarDecoder.dataStart};
 * - `leave`: the innermost directory ends, last of all the root;
 * - `finished`: the root has ended.
 */
export type DecoderEvent = "need-input" | "entry" | "data" | "leave" | "finished";

/** Options of a {@linkcode PxarDecoder}. */
export interface PxarDecoderOptions {
  /** Compare every goodbye table with the entries before it (spec: pxar.md §4.4). */
  readonly verify?: boolean;
}

// What the next item may be.
const START = 0;
const AFTER_VERSION = 1;
const AFTER_PRELUDE = 2;
const CHILDREN = 3;
const STAT = 4;
const ATTRIBUTES = 5;
const LEAVE = 6;
const FINISHED = 7;

/**
 * Reads an archive, or the metadata stream of a split archive, front to back (spec: pxar.md §4.1).
 *
 * It never waits: the caller feeds pieces of the stream in order, of any size, and asks for events
 * until `need-input`. File content is not copied but reported as stretches of the piece at hand; an
 * item that lies across pieces is put together in a small buffer that grows only with what arrived.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const decoder = new PxarDecoder();
 * decoder.end();
 * let message = "";
 * try {
 *   decoder.next();
 * } catch (error) {
 *   message = (error as Error).message;
 * }
 * assertEquals(message, "archive: ends at 0, before it is complete");
 * ```
 */
export class PxarDecoder {
  #chunk: Uint8Array = ROOT_NAME;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;
  #ended = false;
  /** Start of an item whose end was not in the piece. */
  #carry = new Uint8Array(1024);
  #carryView = new DataView(this.#carry.buffer);
  #carried = 0;
  /** Bytes used up. */
  #position = 0;

  #state = START;
  #version = 1;
  #prelude: Uint8Array | undefined;
  #entry = new EntryBuilder(ROOT_NAME, 0, 0);
  /** Bytes of file content, or of a goodbye table, that are still to come. */
  #left = 0;
  #skipping = false;
  #dataStart = 0;
  #dataLength = 0;
  /** Lengths of the names of the open directories. */
  readonly #path: number[] = [];
  #pathLength = 0;
  readonly #verifier: GoodbyeVerifier | undefined;

  // The item at hand.
  #row = 0;
  #itemSize = 0;
  readonly #item: ItemBytes = { bytes: this.#chunk, view: this.#view, start: 0, end: 0 };

  constructor(options: PxarDecoderOptions = {}) {
    this.#verifier = options.verify ? new GoodbyeVerifier() : undefined;
  }

  /** The entry of the last `entry` event. */
  get entry(): PxarEntry {
    return this.#entry;
  }

  /** Format version, known from the first entry on: 1, or 2 for split archives. */
  get version(): number {
    return this.#version;
  }

  /** Prelude of a split archive, known from the first entry on. */
  get prelude(): Uint8Array | undefined {
    return this.#prelude;
  }

  /** Offset of a `data` event's content in the piece fed last. */
  get dataStart(): number {
    return this.#dataStart;
  }

  /** Bytes of content of a `data` event, never 0. */
  get dataLength(): number {
    return this.#dataLength;
  }

  /** Bytes of the stream used up so far. */
  get position(): number {
    return this.#position;
  }

  /** Directories that are open, the root included. */
  get depth(): number {
    return this.#path.length;
  }

  /**
   * Gives the next piece of the stream; only after `need-input`, or first of all.
   *
   * @param start Where in it the stream goes on, after a jump.
   */
  feed(chunk: Uint8Array, start = 0): void {
    if (this.#offset < this.#chunk.byteLength) throw new Error("the last piece is not used up");
    if (!(start >= 0 && start < chunk.byteLength)) {
      throw new RangeError("the piece has no such byte");
    }
    this.#chunk = chunk;
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#offset = start;
  }

  /**
   * Name of the entry that has begun and of which no event has told yet; undefined between entries.
   */
  get begunName(): Uint8Array | undefined {
    return this.#state === STAT || this.#state === ATTRIBUTES ? this.#entry.name : undefined;
  }

  /**
   * Goes on elsewhere, with an entry of an open directory; not with `verify`. What has begun is
   * forgotten, and directories further down end without `leave`.
   *
   * @param position Where a FILENAME item of that directory begins, not before {@linkcode position}.
   * @param depth Of the directory, 0 for the root; the innermost one by default.
   * @throws {CorruptDataError} if an item that was looked at already reaches beyond.
   */
  jumpTo(position: number, depth = this.depth - 1): void {
    this.#goTo(position);
    while (this.depth > depth + 1) this.#pathLength -= this.#path.pop()! + 1;
    this.#state = CHILDREN;
  }

  /** The same, but leaves the directory, which ends at `position`, with the next event. */
  jumpOut(position: number, depth = this.depth - 1): void {
    this.jumpTo(position, depth);
    this.#state = LEAVE;
  }

  /**
   * Enters a directory of which the start cannot be had, without an event; to be followed by a jump.
   *
   * @param name Of the directory; nothing for the root, which has no other open.
   * @param version Of the archive.
   */
  enterLost(name: Uint8Array, version: number): void {
    if (this.#path.length === 0) this.#version = version;
    this.#path.push(name.byteLength);
    this.#pathLength += name.byteLength + 1;
    if (this.#path.length > format.MAX_DEPTH + 1 || this.#pathLength > format.MAX_PATH_LENGTH + 1) {
      throw new CorruptDataError("archive: directories are nested too deeply");
    }
    this.#state = CHILDREN;
  }

  #goTo(position: number): void {
    if (this.#path.length === 0) throw new Error("no directory is open");
    this.#left = 0;
    if (position === this.#position) return;
    // Bytes that are carried were taken from the piece already.
    const at = this.#position + this.#carried;
    if (position < at) throw new CorruptDataError(`archive: no entry begins at ${position}`);
    this.#offset = Math.min(this.#chunk.byteLength, this.#offset + position - at);
    this.#position = position;
    this.#carried = 0;
  }

  /** Tells that the stream has no more bytes. */
  end(): void {
    this.#ended = true;
  }

  /** Bytes that come next and that no entry after them depends on: of a content or a table. */
  get contentLeft(): number {
    return this.#left;
  }

  /**
   * Goes on `length` bytes later in the stream, at most {@linkcode contentLeft}; only after
   * `need-input`, and not with `verify`.
   */
  skipInput(length: number): void {
    if (this.#offset < this.#chunk.byteLength) throw new Error("the last piece is not used up");
    if (!(length >= 0 && length <= this.#left)) throw new RangeError("not all of that is content");
    this.#left -= length;
    this.#position += length;
  }

  /** Leaves out the `data` events of the file at hand, from now on. */
  skipContent(): void {
    this.#skipping = true;
  }

  /**
   * Goes on to the next event.
   *
   * @throws {CorruptDataError} if the archive breaks a rule of the format, or ends too early.
   */
  next(): DecoderEvent {
    for (;;) {
      if (this.#left > 0) {
        if (this.#offset === this.#chunk.byteLength) return this.#needInput();
        if (this.#takeContent()) return "data";
        continue;
      }
      if (this.#state === LEAVE) {
        this.#leaveDirectory();
        return "leave";
      }
      if (this.#state === FINISHED) return "finished";
      if (!this.#findItem()) return this.#needInput();
      if (this.#advance()) return "entry";
    }
  }

  #needInput(): "need-input" {
    if (this.#ended) {
      throw new CorruptDataError(
        `archive: ends at ${this.#position + this.#carried}, before it is complete`,
      );
    }
    return "need-input";
  }

  /** Takes what the piece has of content or a goodbye table. @returns whether it is to be shown. */
  #takeContent(): boolean {
    const start = this.#offset;
    const length = Math.min(this.#left, this.#chunk.byteLength - start);
    this.#offset += length;
    this.#position += length;
    this.#left -= length;
    if (this.#state === LEAVE) {
      this.#verifier?.tableBytes(this.#chunk.subarray(start, start + length));
      return false;
    }
    if (this.#skipping) return false;
    this.#dataStart = start;
    this.#dataLength = length;
    return true;
  }

  /** Makes the next item the one at hand. @returns false if more input is needed for that. */
  #findItem(): boolean {
    const available = this.#chunk.byteLength - this.#offset;
    if (this.#carried === 0) {
      if (available >= format.HEADER_SIZE) {
        const size = this.#readHeader(this.#view, this.#offset);
        if (available >= size) {
          this.#setItem(this.#chunk, this.#view, this.#offset, size);
          return true;
        }
      }
      if (available === 0) return false;
    }
    if (!this.#fillCarry(format.HEADER_SIZE)) return false;
    const size = this.#readHeader(this.#carryView, 0);
    if (!this.#fillCarry(size)) return false;
    this.#setItem(this.#carry, this.#carryView, 0, size);
    return true;
  }

  /** Reads type and size. @returns what has to be in one place: contents and tables are streamed. */
  #readHeader(view: DataView, at: number): number {
    const row = readItemType(view, at, this.#position);
    const size = readContentSize(view, at, row, this.#position);
    this.#row = row;
    this.#itemSize = size;
    return row === format.PAYLOAD || row === format.GOODBYE
      ? format.HEADER_SIZE
      : format.HEADER_SIZE + size;
  }

  #setItem(bytes: Uint8Array, view: DataView, at: number, size: number): void {
    const item = this.#item;
    item.bytes = bytes;
    item.view = view;
    item.start = at + format.HEADER_SIZE;
    item.end = at + size;
  }

  #fillCarry(wanted: number): boolean {
    const length = Math.min(wanted - this.#carried, this.#chunk.byteLength - this.#offset);
    if (length > 0) {
      const carried = this.#carried + length;
      if (carried > this.#carry.byteLength) {
        const larger = new Uint8Array(
          Math.max(carried, Math.min(wanted, 2 * this.#carry.byteLength)),
        );
        larger.set(this.#carry.subarray(0, this.#carried));
        this.#carry = larger;
        this.#carryView = new DataView(larger.buffer);
      }
      this.#carry.set(this.#chunk.subarray(this.#offset, this.#offset + length), this.#carried);
      this.#carried = carried;
      this.#offset += length;
    }
    return this.#carried >= wanted;
  }

  /** The item at hand is done with. */
  #consume(): void {
    const size = this.#item.end - this.#item.start + format.HEADER_SIZE;
    this.#position += size;
    if (this.#carried > 0) this.#carried = 0;
    else this.#offset += size;
  }

  /**
   * Takes the item at hand in, or leaves it for the next call. @returns whether an entry is
   * complete.
   */
  #advance(): boolean {
    switch (this.#state) {
      case CHILDREN:
        this.#verifier?.childrenEndAt(this.#position);
        if (this.#row === format.FILENAME) this.#beginEntry();
        else if (this.#row === format.GOODBYE) this.#beginTable();
        else this.#unexpected();
        return false;
      case STAT:
        return this.#readStat();
      case ATTRIBUTES:
        return this.#readAttribute();
      default:
        this.#readStart();
        return false;
    }
  }

  #readStart(): void {
    const row = this.#row;
    if (row === format.FORMAT_VERSION && this.#state === START) {
      const { view, start } = this.#item;
      this.#version = view.getUint32(start, true);
      if (this.#version !== 1 && this.#version !== 2 || view.getUint32(start + 4, true) !== 0) {
        throw new CorruptDataError("archive: format version is not known");
      }
      this.#state = AFTER_VERSION;
    } else if (row === format.PRELUDE && this.#state === AFTER_VERSION) {
      this.#prelude = this.#item.bytes.slice(this.#item.start, this.#item.end);
      this.#state = AFTER_PRELUDE;
    } else if (row === format.ENTRY || row === format.ENTRY_V1) {
      this.#entry = new EntryBuilder(ROOT_NAME, 0, this.#position);
      this.#entry.stat(row, this.#item);
      if (this.#entry.kind !== "directory") this.#entry.fail("root is not a directory");
      this.#state = ATTRIBUTES;
    } else {
      this.#unexpected();
    }
    this.#consume();
  }

  #beginEntry(): void {
    const name = readName(this.#item, this.#position);
    this.#entry = new EntryBuilder(name, this.#path.length, this.#position);
    this.#consume();
    this.#state = STAT;
  }

  #beginTable(): void {
    this.#verifier?.beginTable(this.#position, this.#itemSize);
    this.#left = this.#itemSize;
    this.#consume();
    this.#state = LEAVE;
  }

  #readStat(): boolean {
    const row = this.#row;
    if (row === format.ENTRY || row === format.ENTRY_V1) {
      this.#entry.stat(row, this.#item);
      this.#consume();
      this.#state = ATTRIBUTES;
      return false;
    }
    if (row !== format.HARDLINK) this.#unexpected();
    this.#entry.hardlink(this.#item);
    return this.#finishEntry();
  }

  #readAttribute(): boolean {
    const entry = this.#entry;
    switch (this.#row) {
      case format.PAYLOAD:
        entry.payload(this.#version, this.#itemSize, this.#position + format.HEADER_SIZE);
        this.#left = this.#itemSize;
        this.#skipping = false;
        return this.#finishEntry();
      case format.PAYLOAD_REF:
        entry.payloadReference(this.#version, this.#item);
        return this.#finishEntry();
      case format.SYMLINK:
        entry.symlink(this.#item);
        return this.#finishEntry();
      case format.DEVICE:
        entry.device(this.#item);
        return this.#finishEntry();
      case format.FILENAME:
      case format.GOODBYE:
        entry.end();
        if (entry.kind === "directory") this.#enterDirectory();
        else this.#verifier?.child(entry);
        this.#state = CHILDREN;
        return true;
      default:
        if (!entry.attribute(this.#row, this.#item)) this.#unexpected();
        this.#consume();
        return false;
    }
  }

  #finishEntry(): true {
    this.#consume();
    this.#verifier?.child(this.#entry);
    this.#state = CHILDREN;
    return true;
  }

  #enterDirectory(): void {
    const length = this.#entry.name.byteLength;
    this.#path.push(length);
    this.#pathLength += length + 1;
    if (this.#path.length > format.MAX_DEPTH + 1 || this.#pathLength > format.MAX_PATH_LENGTH + 1) {
      this.#entry.fail("directories are nested too deeply");
    }
    this.#verifier?.enter(this.#entry);
  }

  #leaveDirectory(): void {
    this.#verifier?.leave(this.#position);
    this.#pathLength -= this.#path.pop()! + 1;
    this.#state = this.#path.length === 0 ? FINISHED : CHILDREN;
  }

  #unexpected(): never {
    const name = format.ITEM_TYPES[this.#row]![0];
    throw new CorruptDataError(`archive: ${name} item is out of place at ${this.#position}`);
  }
}
