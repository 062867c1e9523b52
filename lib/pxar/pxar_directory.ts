import { bytesEqual } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import { hashName } from "./name_hash.ts";
import type { RandomAccess } from "./random_access.ts";
import {
  entryPosition,
  EntryPositions,
  type PositionMemory,
  readTableNumber,
  type TablePlace,
  viewOf,
} from "./_entry_positions.ts";
import type { EntryBuilder } from "./_entry_builder.ts";
import { RandomItems } from "./_random_items.ts";
import { PxarListing } from "./pxar_listing.ts";
import { lostDirectory } from "./_lost_directory.ts";
import { checkedNode, type PxarNode } from "./pxar_node.ts";

/** The first items of a table, which most of a search goes through, are read together. */
const FRONT_BYTES = 1024 * format.GOODBYE_ITEM_SIZE;
/** Entries with the hash that is searched for; two in one directory have it once in 2^64. */
const MAX_SAME_HASH = 256;

/** A directory to be opened. */
export interface OpenDirectory {
  readonly access: RandomAccess;
  /** 1, or 2 for split archives. */
  readonly version: number;
  readonly node: PxarNode;
  /** Position of its ENTRY item. */
  readonly head: number;
  /** Shared by all directories of the archive. */
  readonly memory: PositionMemory;
  /** Positions at which it may begin by its table; default `head`. */
  readonly starts?: readonly number[];
}

/**
 * A directory of an archive that is accessed at random; made by `PxarAccessor`. Its table stays
 * where it is: it may be larger than memory.
 */
export class PxarDirectory {
  readonly node: PxarNode;
  readonly #access: RandomAccess;
  readonly #version: number;
  readonly #place: TablePlace;
  /** Position of its ENTRY item. */
  readonly #head: number;
  readonly #memory: PositionMemory;
  /** The first items of the table. */
  #front: DataView | undefined;
  #positions: EntryPositions | undefined;

  /** Use `PxarAccessor.root` and `PxarAccessor.directory`. */
  private constructor({ access, version, node, head, memory }: OpenDirectory, place: TablePlace) {
    this.node = node;
    this.#memory = memory;
    this.#access = access;
    this.#version = version;
    this.#place = place;
    this.#head = head;
  }

  /** Number of entries. */
  get length(): number {
    return this.#place.length;
  }

  /**
   * Opens the directory that ends where `node` does (spec: pxar.md §4.2).
   *
   * @throws {CorruptDataError} if no goodbye table of this directory ends there.
   */
  static async open(opened: OpenDirectory): Promise<PxarDirectory> {
    const { access, version, node: { end }, starts = [opened.head] } = opened;
    const place = await readPlace(access, version, end);
    if (!starts.includes(place.start)) failTable(end, "belongs to no directory");
    return new PxarDirectory(opened, place);
  }

  /**
   * Opens the directory that ends at a position, of which nothing else is known. Its node has no name.
   *
   * @throws {CorruptDataError} if none ends there.
   */
  static async openAt(
    opened: Omit<OpenDirectory, "node" | "head" | "starts"> & { readonly end: number },
  ): Promise<PxarDirectory> {
    const { access, version, end } = opened;
    const place = await readPlace(access, version, end);
    const items = new RandomItems(access, version);
    const { entry } = await items.readHead(place.start, place.goodbye);
    const node = { entry, end, pathLength: 0 };
    return new PxarDirectory({ ...opened, node, head: place.start }, place);
  }

  /**
   * Opens the directory that ends at a position and of which the start cannot be had.
   *
   * @param begin Its place: where its FILENAME item begins, for the root 0.
   * @throws {CorruptDataError} if no directory that begins there ends there.
   */
  static async openLost(
    opened: Omit<OpenDirectory, "node" | "head" | "starts"> & { readonly end: number },
    begin: { readonly position: number; readonly depth: number },
  ): Promise<PxarDirectory> {
    const { access, version, end } = opened;
    const place = await readPlace(access, version, end);
    const before = place.start - begin.position - format.HEADER_SIZE - 1;
    if (begin.depth > 0 && !(before > 0 && before <= format.MAX_NAME_LENGTH)) {
      failTable(end, "belongs to another directory");
    }
    const entry = lostDirectory(begin.position, begin.depth);
    const node = { entry, end, pathLength: 0 };
    return new PxarDirectory({ ...opened, node, head: place.start }, place);
  }

  /**
   * All entries, in stream order; one after the other, however many there are.
   *
   * @throws {CorruptDataError} on damage, where the damage is.
   */
  async *entries(): AsyncGenerator<PxarNode> {
    const { goodbye, length } = this.#place;
    using listing = this.list();
    // Entries follow upon one another, so that none is met twice, whatever the table says.
    let at = await listing.first();
    let count = 0;
    for (; at < goodbye; count++) {
      const node = (await listing.at(at))!;
      at = node.end;
      if (node.entry.kind === "directory") listing.rest();
      yield node;
    }
    if (count !== length) {
      throw new CorruptDataError(
        `archive: goodbye table at ${goodbye} names ${length} entries instead of ${count}`,
      );
    }
  }

  /** All entries, from any of them on. */
  list(): PxarListing {
    return new PxarListing({
      access: this.#access,
      version: this.#version,
      node: this.node,
      head: this.#head,
      place: this.#place,
      memory: this.#memory,
    });
  }

  /**
   * Starts of all entries, in stream order, 8 bytes each.
   *
   * @param most Entries that there may be.
   * @throws {CorruptDataError} if there are more, or the table leads out of the directory.
   */
  async positions(most: number): Promise<Float64Array> {
    if (this.length > most) this.#fail(`names ${this.length} entries, too many to look into it`);
    const positions = new Float64Array(this.length);
    using all = new EntryPositions(this.#access, this.#place, this.#memory);
    let at = 0;
    for (let i = 0; i < positions.length; i++) {
      at = await all.after(at);
      if (at >= this.#place.goodbye) this.#fail("names an entry twice");
      positions[i] = at;
    }
    return positions;
  }

  /**
   * Some entries, in stream order.
   *
   * @param positions All of {@linkcode positions}.
   * @param from Number of the first one wanted.
   * @param count How many, as far as there are so many.
   * @throws {CorruptDataError} on damage, where the damage is.
   */
  async *entriesAt(
    positions: Float64Array,
    from: number,
    count: number,
  ): AsyncGenerator<PxarNode> {
    const { goodbye } = this.#place;
    const items = new RandomItems(this.#access, this.#version);
    for (let i = from; i < Math.min(from + count, positions.length); i++) {
      const next = positions[i + 1] ?? goodbye;
      const { entry, end } = await items.readEntry(
        positions[i]!,
        goodbye,
        this.node.entry.depth + 1,
      );
      if (end > next) entry.fail("reaches beyond the next one");
      if (entry.kind === "directory") items.rest();
      yield this.#node(entry, entry.kind === "directory" ? next : end);
    }
  }

  /** Position of the directory's table, after its last entry. */
  get tablePosition(): number {
    return this.#place.goodbye;
  }

  /**
   * Start of the first entry after a position; the position of the table if there is none. One
   * directory may be asked for positions that never get smaller; its memory is given back with
   * {@linkcode forgetPositions}.
   *
   * @throws {CorruptDataError} if the table leads out of the directory, or has too many entries.
   */
  async positionAfter(position: number): Promise<number> {
    this.#positions ??= new EntryPositions(this.#access, this.#place, this.#memory);
    return await this.#positions.after(position);
  }

  /** Gives back what {@linkcode positionAfter} has kept. */
  forgetPositions(): void {
    this.#positions?.[Symbol.dispose]();
    this.#positions = undefined;
  }

  /**
   * Starts of the entries that may have that name, by its hash. No entry is read.
   *
   * @throws {CorruptDataError} if the table leads out of the directory.
   */
  async positionsOf(name: Uint8Array): Promise<number[]> {
    const positions: number[] = [];
    for await (const item of this.#itemsOf(name)) {
      positions.push(entryPosition(item, 0, this.#place));
    }
    return positions;
  }

  /** The entry of that name, `undefined` if there is none (spec: pxar.md §2.4). */
  async lookup(name: Uint8Array): Promise<PxarNode | undefined> {
    const items = new RandomItems(this.#access, this.#version);
    for await (const item of this.#itemsOf(name)) {
      const node = await this.#read(items, item);
      if (bytesEqual(node.entry.name, name)) return node;
    }
    return undefined;
  }

  /** The items of the table with the hash of a name. */
  async *#itemsOf(name: Uint8Array): AsyncGenerator<DataView> {
    const hash = new Uint32Array(2);
    hashName(name, 0, name.byteLength, hash, 0);
    const pending = [0];
    let same = 0;
    for (let slot = pending.pop(); slot !== undefined; slot = pending.pop()) {
      if (slot >= this.length) continue;
      const item = await this.#item(slot);
      const order = hash[1]! - item.getUint32(4, true) || hash[0]! - item.getUint32(0, true);
      if (order === 0) {
        if (++same > MAX_SAME_HASH) this.#fail(`has more than ${MAX_SAME_HASH} times one hash`);
        yield item;
      }
      // Equal hashes can be on both sides.
      if (order >= 0) pending.push(2 * slot + 2);
      if (order <= 0) pending.push(2 * slot + 1);
    }
  }

  /** The item of the table in a slot. */
  async #item(slot: number): Promise<DataView> {
    const table = this.#place.goodbye + format.HEADER_SIZE;
    const size = format.GOODBYE_ITEM_SIZE;
    this.#front ??= viewOf(
      await this.#access.read(table, Math.min(FRONT_BYTES, this.length * size)),
    );
    const { buffer, byteOffset, byteLength } = this.#front;
    return slot * size < byteLength
      ? new DataView(buffer, byteOffset + slot * size, size)
      : viewOf(await this.#access.read(table + slot * size, size));
  }

  /** The entry that an item of the table leads to. */
  async #read(items: RandomItems, item: DataView): Promise<PxarNode> {
    const { goodbye } = this.#place;
    const position = entryPosition(item, 0, this.#place);
    const size = readTableNumber(item, 16);
    // In split archives the size of a file may count in its content (spec: pxar.md §2.2).
    const limit = Math.min(position + size, goodbye);
    const { entry, end } = await items.readEntry(position, limit, this.node.entry.depth + 1);
    if (size > goodbye - position && !(this.#version === 2 && entry.kind === "file")) {
      entry.fail("reaches beyond its directory");
    }
    return this.#node(entry, entry.kind === "directory" ? limit : end);
  }

  #node(entry: EntryBuilder, end: number): PxarNode {
    return checkedNode(entry, end, this.node.pathLength);
  }

  #fail(problem: string): never {
    throw new CorruptDataError(`archive: goodbye table at ${this.#place.goodbye} ${problem}`);
  }
}

/** Finds the goodbye table that ends at a position. @throws {CorruptDataError} if none does. */
async function readPlace(
  access: RandomAccess,
  version: number,
  end: number,
): Promise<TablePlace> {
  if (end < format.MIN_GOODBYE_SIZE) failTable(end, "is cut off");
  const tail = viewOf(
    await access.read(end - format.GOODBYE_ITEM_SIZE, format.GOODBYE_ITEM_SIZE),
  );
  if (tail.getBigUint64(0, true) !== format.GOODBYE_TAIL_MARKER) failTable(end, "has no tail");
  const distance = readTableNumber(tail, 8);
  const size = readTableNumber(tail, 16);
  if (
    size < format.MIN_GOODBYE_SIZE || size > end ||
    (size - format.HEADER_SIZE) % format.GOODBYE_ITEM_SIZE !== 0
  ) {
    failTable(end, `has a wrong size of ${size}`);
  }
  const goodbye = end - size;
  const start = goodbye - distance;
  if (start < 0) failTable(end, "belongs to no directory");
  const length = (size - format.MIN_GOODBYE_SIZE) / format.GOODBYE_ITEM_SIZE;
  if (length * format.MIN_ENTRY_SIZE > distance) {
    failTable(end, `names ${length} entries, more than fit into ${distance} bytes`);
  }
  const items = new RandomItems(access, version);
  if (!items.find(goodbye, end)) await items.load(goodbye, end);
  if (items.row !== format.GOODBYE || items.size !== size) failTable(end, "has no header");
  return { start, goodbye, length };
}

function failTable(end: number, problem: string): never {
  throw new CorruptDataError(`archive: goodbye table that ends at ${end} ${problem}`);
}
