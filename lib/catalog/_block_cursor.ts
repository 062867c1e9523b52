import { bytesEqual } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import type { CatalogEntry } from "./catalog_entry.ts";
import {
  CATALOG_MAGIC,
  CATALOG_TYPES,
  type CatalogType,
  MAX_ENTRY_LENGTH,
  MAX_UNSIGNED_VARINT,
  NAME_LENGTH_LIMIT,
} from "./format.ts";
import { VarintReader } from "./varint.ts";

const SLASH = 0x2f;
const NO_BYTES = new Uint8Array();
/** Bytes read at first, and at once in a large block. */
const FIRST_WINDOW_BYTES = 2 * MAX_ENTRY_LENGTH;
const MAX_WINDOW_BYTES = 64 * 1024;

/** Reads the entries of one block after the other: a block may be larger than memory. */
export class BlockCursor {
  readonly #access: RandomAccess;
  readonly #directory: CatalogEntry;
  /** Stream positions after the length and after the block. */
  readonly #start: number;
  readonly #end: number;
  readonly #what: string;
  #window: VarintReader;
  #windowBytes = FIRST_WINDOW_BYTES;
  #left: number | undefined;

  private constructor(access: RandomAccess, directory: CatalogEntry, start: number, end: number) {
    this.#access = access;
    this.#directory = directory;
    this.#start = start;
    this.#end = end;
    this.#what = `catalog: block at ${directory.block}`;
    this.#window = new VarintReader(NO_BYTES, this.#what);
  }

  /** Opens the block of a directory. @throws {CorruptDataError} if its length is not possible. */
  static async open(access: RandomAccess, directory: CatalogEntry): Promise<BlockCursor> {
    const { block: position, blockLimit: limit } = directory;
    const head = await access.read(position, Math.min(MAX_UNSIGNED_VARINT, limit - position));
    const reader = new VarintReader(head, `catalog: block at ${position}`);
    const length = reader.unsignedNumber();
    const start = position + reader.offset;
    if (length < 1 || length > limit - start) {
      throw new CorruptDataError(`catalog: block at ${position} has a wrong length of ${length}`);
    }
    return new BlockCursor(access, directory, start, start + length);
  }

  /** Bytes of the block. */
  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** Entries that are still to come, as the block says. @throws {CorruptDataError} if it does not. */
  async count(): Promise<number> {
    if (!this.#hasEntry()) await this.#refill();
    return this.#left ??= this.#window.unsignedNumber();
  }

  /** The next entry, `undefined` after the last. @throws {CorruptDataError} on damage. */
  async next(): Promise<CatalogEntry | undefined> {
    if (!this.#hasEntry()) await this.#refill();
    return this.#read();
  }

  /** The next entry of that name. @throws {CorruptDataError} on damage before it. */
  async find(name: Uint8Array): Promise<CatalogEntry | undefined> {
    for (;;) {
      if (!this.#hasEntry()) await this.#refill();
      do {
        const entry = this.#read();
        if (entry === undefined || bytesEqual(entry.name, name)) return entry;
      } while (this.#hasEntry());
    }
  }

  /** Keeps no bytes until the next entry is asked for. */
  rest(): void {
    this.#window = new VarintReader(NO_BYTES, this.#what, this.#position - this.#start);
    this.#windowBytes = FIRST_WINDOW_BYTES;
  }

  /** Whether the next entry is in the window, whatever it is. */
  #hasEntry(): boolean {
    return this.#window.bytes.byteLength - this.#window.offset >= MAX_ENTRY_LENGTH;
  }

  #read(): CatalogEntry | undefined {
    this.#left ??= this.#window.unsignedNumber();
    if (this.#left > 0) {
      this.#left--;
      return readEntry(this.#window, this.#directory.block);
    }
    if (this.#position === this.#end) return undefined;
    throw new CorruptDataError(`${this.#what} has bytes after its entries`);
  }

  /** Stream position of the next byte. */
  get #position(): number {
    return this.#start + this.#window.start + this.#window.offset;
  }

  async #refill(): Promise<void> {
    const position = this.#position;
    const left = this.#end - position;
    if (left === this.#window.bytes.byteLength - this.#window.offset) return;
    const bytes = await this.#access.read(position, Math.min(this.#windowBytes, left));
    this.#windowBytes = Math.min(2 * this.#windowBytes, MAX_WINDOW_BYTES);
    this.#window = new VarintReader(bytes, this.#what, position - this.#start);
  }
}

function readEntry(reader: VarintReader, position: number): CatalogEntry {
  const letter = String.fromCharCode(reader.byte());
  if (!CATALOG_TYPES.includes(letter)) {
    throw new CorruptDataError(`${reader.what}: type byte ${letter.charCodeAt(0)} is not known`);
  }
  const type = letter as CatalogType;
  const length = reader.unsignedNumber();
  const { offset } = reader;
  if (length === 0 || length >= NAME_LENGTH_LIMIT || length > reader.bytes.byteLength - offset) {
    throw new CorruptDataError(`${reader.what}: name length ${length} is not possible`);
  }
  const name = reader.bytes.slice(offset, offset + length);
  if (name.includes(0) || name.includes(SLASH)) {
    throw new CorruptDataError(`${reader.what}: name with a slash or NUL byte`);
  }
  reader.offset += length;
  let size = 0, mtimeSecs = 0, block = -1, blockLimit = -1;
  if (type === "f") {
    size = reader.unsignedNumber();
    mtimeSecs = Number(reader.signed());
  } else if (type === "d") {
    const distance = reader.unsignedNumber();
    if (distance === 0 || distance > position - CATALOG_MAGIC.byteLength) {
      throw new CorruptDataError(`${reader.what}: directory over a distance of ${distance}`);
    }
    block = position - distance;
    blockLimit = position;
  }
  return { type, name, size, mtimeSecs, block, blockLimit };
}
