import { bytesEqual } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import {
  CATALOG_MAGIC,
  CATALOG_TYPES,
  type CatalogType,
  MAX_UNSIGNED_VARINT,
  NAME_LENGTH_LIMIT,
  ROOT_POINTER_SIZE,
} from "./format.ts";
import { VarintReader } from "./varint.ts";

/** An entry of a catalog. */
export interface CatalogEntry {
  readonly type: CatalogType;
  readonly name: Uint8Array;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Whole seconds since the epoch; 0 for everything but files. */
  readonly mtimeSecs: number;
  /** Position of a directory's block, otherwise -1. */
  readonly block: number;
  /** Where that block ends at the latest: where the one that lists it begins; otherwise -1. */
  readonly blockLimit: number;
}

/** An entry on a walk through a catalog. */
export interface CatalogVisit {
  readonly entry: CatalogEntry;
  /** Names from the archive down to the entry. */
  readonly path: readonly Uint8Array[];
}

const SLASH = 0x2f;
const MINIMUM_SIZE = CATALOG_MAGIC.byteLength + ROOT_POINTER_SIZE + 1;

/** Reads a catalog block by block (spec: pxar.md §7.5). */
export class CatalogReader {
  readonly #access: RandomAccess;

  private constructor(access: RandomAccess, readonly root: CatalogEntry) {
    this.#access = access;
  }

  /**
   * Opens a catalog.
   *
   * @throws {CorruptDataError} if this is none, or its root pointer leads nowhere.
   */
  static async open(access: RandomAccess): Promise<CatalogReader> {
    const { size } = access;
    if (size < MINIMUM_SIZE) throw new CorruptDataError(`catalog: ${size} bytes are too few`);
    const magic = await access.read(0, CATALOG_MAGIC.byteLength);
    if (!bytesEqual(magic, CATALOG_MAGIC)) throw new CorruptDataError("catalog: wrong magic");
    const pointer = await access.read(size - ROOT_POINTER_SIZE, ROOT_POINTER_SIZE);
    const view = new DataView(pointer.buffer, pointer.byteOffset, pointer.byteLength);
    const block = Number(view.getBigUint64(0, true));
    if (!(block >= CATALOG_MAGIC.byteLength && block < size - ROOT_POINTER_SIZE)) {
      throw new CorruptDataError(`catalog: root pointer ${block} leads out of ${size} bytes`);
    }
    const name = new Uint8Array();
    const blockLimit = size - ROOT_POINTER_SIZE;
    return new CatalogReader(access, { type: "d", name, size: 0, mtimeSecs: 0, block, blockLimit });
  }

  /**
   * The entries of a directory, in the order of the archive.
   *
   * @throws {CorruptDataError} if its block is damaged.
   */
  async list(directory: CatalogEntry): Promise<CatalogEntry[]> {
    return readBlock(await this.#block(directory), directory.block);
  }

  /**
   * Finds an entry by its path, the archive's name first.
   *
   * @param path With or without leading slash; double slashes do not count.
   * @returns The root for an empty path, `undefined` if there is no such entry.
   */
  async lookup(path: Uint8Array): Promise<CatalogEntry | undefined> {
    let entry = this.root;
    for (let start = 0; start < path.byteLength;) {
      const slash = path.indexOf(SLASH, start);
      const end = slash < 0 ? path.byteLength : slash;
      const name = path.subarray(start, end);
      start = end + 1;
      if (name.byteLength === 0) continue;
      if (entry.type !== "d") return undefined;
      const found = (await this.list(entry)).find((child) => bytesEqual(child.name, name));
      if (found === undefined) return undefined;
      entry = found;
    }
    return entry;
  }

  /**
   * All entries, depth first, parents before children: the order of a dump. The root itself is not
   * among them.
   *
   * @param enter Whether to go into a directory.
   * @throws {CorruptDataError} on damage, also if directories are listed more than once.
   */
  async *walk(
    enter: (visit: CatalogVisit) => boolean = () => true,
  ): AsyncGenerator<CatalogVisit> {
    const stack = [{ entries: await this.list(this.root), next: 0 }];
    const path: Uint8Array[] = [];
    // In a proper catalog every block belongs to one directory, so all of them fit into its size.
    let blockBytes = 0;
    while (stack.length > 0) {
      const level = stack.at(-1)!;
      const entry = level.entries[level.next++];
      if (entry === undefined) {
        stack.pop();
        path.pop();
        continue;
      }
      const visit = { entry, path: [...path, entry.name] };
      yield visit;
      if (entry.type !== "d" || !enter(visit)) continue;
      const block = await this.#block(entry);
      blockBytes += block.byteLength;
      if (blockBytes > this.#access.size) {
        throw new CorruptDataError("catalog: directories are listed more than once");
      }
      path.push(entry.name);
      stack.push({ entries: readBlock(block, entry.block), next: 0 });
    }
  }

  /** The block of a directory, without its length. */
  async #block({ block: position, blockLimit: limit }: CatalogEntry): Promise<Uint8Array> {
    const head = await this.#access.read(position, Math.min(MAX_UNSIGNED_VARINT, limit - position));
    const reader = new VarintReader(head, `catalog: block at ${position}`);
    const length = reader.unsignedNumber();
    const start = position + reader.offset;
    if (length < 1 || length > limit - start) {
      throw new CorruptDataError(`catalog: block at ${position} has a wrong length of ${length}`);
    }
    return await this.#access.read(start, length);
  }
}

function readBlock(bytes: Uint8Array, position: number): CatalogEntry[] {
  const what = `catalog: block at ${position}`;
  const reader = new VarintReader(bytes, what);
  const count = reader.unsignedNumber();
  const entries: CatalogEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(readEntry(reader, position));
  if (reader.offset !== bytes.byteLength) {
    throw new CorruptDataError(`${what} has bytes behind its ${count} entries`);
  }
  return entries;
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
