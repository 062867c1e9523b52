import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import type { RandomAccess } from "./random_access.ts";
import { EntryBuilder, type ItemBytes, readName, ROOT_NAME } from "./_entry_builder.ts";
import { readContentSize, readItemType } from "./_item_header.ts";

/** Bytes read at first. */
const FIRST_WINDOW_BYTES = 4096;
/** Bytes read at once by version: entries of a metadata stream lie side by side, others between contents. */
const MAX_WINDOW_BYTES = [0, 4096, 65536];
const NO_BYTES = new Uint8Array();

/** An entry and where it ends in the stream; for a directory with children, where those begin. */
export interface FoundEntry {
  readonly entry: EntryBuilder;
  readonly end: number;
}

/** Reads items at any place through a small window; every operation has its own. */
export class RandomItems {
  readonly item: ItemBytes = {
    bytes: NO_BYTES,
    view: new DataView(NO_BYTES.buffer),
    start: 0,
    end: 0,
  };
  row = 0;
  /** Size of the item with its header. */
  size = 0;
  #window: Uint8Array = NO_BYTES;
  #view: DataView = this.item.view;
  #start = 0;
  #wanted = 0;
  #windowBytes = FIRST_WINDOW_BYTES;

  constructor(readonly access: RandomAccess, readonly version: number) {}

  /**
   * Makes the item at `position` the one at hand; it must end at `limit` at the latest.
   *
   * @returns false if {@linkcode load} has to be awaited first.
   */
  find(position: number, limit: number): boolean {
    if (position + format.HEADER_SIZE > limit) this.#beyond(position);
    const at = position - this.#start;
    const available = this.#window.byteLength - at;
    if (at < 0 || available < format.HEADER_SIZE) {
      this.#wanted = format.HEADER_SIZE;
      return false;
    }
    this.row = readItemType(this.#view, at, position);
    const content = readContentSize(this.#view, at, this.row, position);
    this.size = format.HEADER_SIZE + content;
    if (position + this.size > limit) this.#beyond(position);
    const needed = this.row === format.PAYLOAD || this.row === format.GOODBYE
      ? format.HEADER_SIZE
      : this.size;
    if (available < needed) {
      this.#wanted = needed;
      return false;
    }
    this.item.bytes = this.#window;
    this.item.view = this.#view;
    this.item.start = at + format.HEADER_SIZE;
    this.item.end = at + needed;
    return true;
  }

  /** Makes the item at `position` the one at hand, whatever has to be read for it. */
  async load(position: number, limit: number): Promise<void> {
    do {
      const wanted = Math.max(this.#wanted, this.#windowBytes);
      this.#windowBytes = Math.min(2 * this.#windowBytes, MAX_WINDOW_BYTES[this.version]!);
      this.#start = position;
      this.#window = await this.#readWindow(position, Math.min(wanted, limit - position));
      const { buffer, byteOffset, byteLength } = this.#window;
      this.#view = new DataView(buffer, byteOffset, byteLength);
    } while (!this.find(position, limit));
  }

  /** Reads ahead, but what lies after the item may be damaged without harm. */
  async #readWindow(position: number, length: number): Promise<Uint8Array> {
    try {
      return await this.access.read(position, length);
    } catch (error) {
      if (!(error instanceof CorruptDataError) || length <= this.#wanted) throw error;
      return await this.access.read(position, this.#wanted);
    }
  }

  /** Keeps no bytes until the next item is asked for: many wait, one per level of a walk. */
  rest(): void {
    this.item.bytes = this.#window = NO_BYTES;
    this.item.view = this.#view = new DataView(NO_BYTES.buffer);
    this.#windowBytes = FIRST_WINDOW_BYTES;
  }

  /** Reads the entry whose FILENAME item is at `position`. */
  async readEntry(position: number, limit: number, depth: number): Promise<FoundEntry> {
    if (!this.find(position, limit)) await this.load(position, limit);
    if (this.row !== format.FILENAME) {
      throw new CorruptDataError(`archive: no entry begins at ${position}`);
    }
    const entry = new EntryBuilder(readName(this.item, position), depth, position);
    return await this.#readBody(entry, position + this.size, limit);
  }

  /** Reads a directory whose ENTRY item is at `position`, as the root: without its name. */
  async readHead(position: number, limit: number): Promise<FoundEntry> {
    const found = await this.#readBody(new EntryBuilder(ROOT_NAME, 0, position), position, limit);
    if (found.entry.kind !== "directory") found.entry.fail("root is not a directory");
    return found;
  }

  async #readBody(entry: EntryBuilder, start: number, limit: number): Promise<FoundEntry> {
    let position = start;
    if (!this.find(position, limit)) await this.load(position, limit);
    if (this.row === format.HARDLINK && entry.name !== ROOT_NAME) {
      entry.hardlink(this.item);
      return { entry, end: position + this.size };
    }
    if (this.row !== format.ENTRY && this.row !== format.ENTRY_V1) this.#unexpected(position);
    entry.stat(this.row, this.item);
    position += this.size;
    while (position < limit) {
      if (!this.find(position, limit)) await this.load(position, limit);
      if (this.row === format.FILENAME || this.row === format.GOODBYE) break;
      const last = this.#takeItem(entry, position);
      position += this.size;
      if (last) return { entry, end: position };
    }
    entry.end();
    return { entry, end: position };
  }

  /** @returns whether the item ends the entry. */
  #takeItem(entry: EntryBuilder, position: number): boolean {
    switch (this.row) {
      case format.PAYLOAD:
        entry.payload(this.version, this.size - format.HEADER_SIZE, position + format.HEADER_SIZE);
        return true;
      case format.PAYLOAD_REF:
        entry.payloadReference(this.version, this.item);
        return true;
      case format.SYMLINK:
        entry.symlink(this.item);
        return true;
      case format.DEVICE:
        entry.device(this.item);
        return true;
      default:
        if (!entry.attribute(this.row, this.item)) this.#unexpected(position);
        if (entry.damage !== undefined) entry.fail(entry.damage);
        return false;
    }
  }

  #beyond(position: number): never {
    throw new CorruptDataError(`archive: item at ${position} reaches beyond its entry`);
  }

  #unexpected(position: number): never {
    const name = format.ITEM_TYPES[this.row]![0];
    throw new CorruptDataError(`archive: ${name} item is out of place at ${position}`);
  }
}
