import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import { readContentSize, readItemType } from "./_item_header.ts";

/** Outcome of a step of a payload decoder; see {@linkcode PayloadDecoder.next}. */
export type PayloadEvent = "need-input" | "data" | "done";

const NO_BYTES = new Uint8Array();

/**
 * Reads the payload stream of a split archive front to back: for one reference after the other it
 * skips forward, checks the header there and reports the content as stretches of the piece at hand
 * (spec: pxar.md §4.1). It is fed like a `PxarDecoder`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeHex } from "../bytes/mod.ts";
 * const stream = decodeHex("d24e4a19c2684c831000000000000000251a7c0b1b7a142811000000000000002a");
 * const decoder = new PayloadDecoder();
 * decoder.feed(stream);
 * decoder.request(16, 1);
 * assertEquals(decoder.next(), "data");
 * assertEquals(stream[decoder.dataStart], 42);
 * assertEquals(decoder.next(), "done");
 * ```
 */
export class PayloadDecoder {
  #chunk: Uint8Array = NO_BYTES;
  #offset = 0;
  /** Stream position of the next byte. */
  #position = 0;
  #ended = false;
  readonly #header = new Uint8Array(format.HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  #filled = 0;
  #markerSeen = false;
  /** Offset of the header of the requested content; of the content once the header was read. */
  #target = 0;
  #headerSeen = true;
  #size = 0;
  #left = 0;
  #dataStart = 0;
  #dataLength = 0;

  /** Offset of a `data` event's content in the piece fed last. */
  get dataStart(): number {
    return this.#dataStart;
  }

  /** Bytes of content of a `data` event, never 0. */
  get dataLength(): number {
    return this.#dataLength;
  }

  /** Bytes of the stream used up or left out so far. */
  get position(): number {
    return this.#position;
  }

  /**
   * From where on the stream is needed for what was requested; everything before may be left out.
   */
  get wantedPosition(): number {
    if (!this.#markerSeen || this.#filled > 0 || this.#headerSeen) return this.#position;
    return Math.max(this.#position, this.#target);
  }

  /**
   * Gives the next piece of the stream; only after `need-input`, or first of all.
   *
   * @param position Where in the stream it begins, if not where the last piece ended; at most
   *   {@linkcode wantedPosition}.
   */
  feed(chunk: Uint8Array, position = this.#position): void {
    if (this.#offset < this.#chunk.byteLength) {
      // What is left of a piece may be dropped, but only to go on after it.
      if (position < this.#position + this.#chunk.byteLength - this.#offset) {
        throw new Error("the last piece is not used up");
      }
    }
    if (position < this.#position || position > this.wantedPosition) {
      throw new Error(`a piece from ${position} on does not help`);
    }
    this.#chunk = chunk;
    this.#offset = 0;
    this.#position = position;
  }

  /**
   * Gives up what was requested, and the stream up to a position, because it cannot be had.
   *
   * @param position Not before {@linkcode position}.
   */
  abandonTo(position: number): void {
    if (position < this.#position) throw new RangeError("the stream only goes forward");
    this.#chunk = NO_BYTES;
    this.#offset = 0;
    this.#position = position;
    this.#filled = 0;
    this.#markerSeen = true;
    this.#headerSeen = true;
    this.#left = 0;
  }

  /** Tells that the stream has no more bytes. */
  end(): void {
    this.#ended = true;
  }

  /**
   * Asks for the content a reference points to; what is left of an earlier request is dropped.
   *
   * @param offset Of the PAYLOAD header in the stream.
   * @param size Bytes of content.
   * @throws {CorruptDataError} if the stream is beyond that already.
   */
  request(offset: number, size: number): void {
    if (offset < Math.max(this.#position, format.HEADER_SIZE)) {
      throw new CorruptDataError(
        `archive: content at ${offset} of the payload stream, which is at ${this.#position} already`,
      );
    }
    if (this.#markerSeen) this.#filled = 0;
    this.#target = offset;
    this.#size = size;
    this.#headerSeen = false;
    this.#left = 0;
  }

  /**
   * Goes on with what was requested: `data` for a stretch of it, `done` after its end.
   *
   * @throws {CorruptDataError} if there is no such content, or the stream ends too early.
   */
  next(): PayloadEvent {
    if (!this.#markerSeen) {
      if (!this.#fillHeader()) return this.#needInput();
      this.#checkHeader(0, format.PAYLOAD_START_MARKER, 0);
      this.#markerSeen = true;
    }
    if (!this.#headerSeen) {
      if (!this.#skip() || !this.#fillHeader()) return this.#needInput();
      this.#checkHeader(this.#target, format.PAYLOAD, this.#size);
      this.#headerSeen = true;
      this.#left = this.#size;
    }
    if (this.#left === 0) return "done";
    const length = Math.min(this.#left, this.#chunk.byteLength - this.#offset);
    if (length === 0) return this.#needInput();
    this.#dataStart = this.#offset;
    this.#dataLength = length;
    this.#left -= length;
    this.#take(length);
    return "data";
  }

  #needInput(): "need-input" {
    if (this.#ended) {
      throw new CorruptDataError(
        `archive: payload stream ends at ${this.#position}, before its content is complete`,
      );
    }
    return "need-input";
  }

  #take(length: number): void {
    this.#offset += length;
    this.#position += length;
  }

  /** Skips to where the requested header begins. */
  #skip(): boolean {
    if (this.#filled > 0) return true;
    const distance = this.#target - this.#position;
    this.#take(Math.min(distance, this.#chunk.byteLength - this.#offset));
    return this.#position === this.#target;
  }

  #fillHeader(): boolean {
    const length = Math.min(
      format.HEADER_SIZE - this.#filled,
      this.#chunk.byteLength - this.#offset,
    );
    this.#header.set(this.#chunk.subarray(this.#offset, this.#offset + length), this.#filled);
    this.#filled += length;
    this.#take(length);
    return this.#filled === format.HEADER_SIZE;
  }

  #checkHeader(position: number, row: number, size: number): void {
    this.#filled = 0;
    checkPayloadHeader(this.#headerView, position, row, size);
  }
}

/**
 * Checks a header of the payload stream.
 *
 * @param row Expected item type.
 * @param size Expected content size.
 * @throws {CorruptDataError} if it is another one.
 */
export function checkPayloadHeader(
  view: DataView,
  position: number,
  row: number,
  size: number,
): void {
  const found = readItemType(view, 0, position);
  if (found !== row || readContentSize(view, 0, found, position) !== size) {
    const name = format.ITEM_TYPES[row]![0];
    throw new CorruptDataError(
      `archive: no ${name} item with ${size} bytes at ${position} of the payload stream`,
    );
  }
}
