import { bytesEqual } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import { hashName } from "./name_hash.ts";
import type { PxarEntry } from "./pxar_entry.ts";
import type { RandomAccess } from "./random_access.ts";
import { RandomItems } from "./_random_items.ts";

/** An entry found by random access. */
export interface PxarNode {
  readonly entry: PxarEntry;
  /** Stream position behind the entry; for a directory behind its goodbye table. */
  readonly end: number;
  /** Bytes of its path, slashes included. */
  readonly pathLength: number;
}

/** A directory of an archive that is accessed at random; made by `PxarAccessor`. */
export class PxarDirectory {
  readonly #access: RandomAccess;
  readonly #version: number;
  readonly #table: DataView;
  /** Positions of the directory's ENTRY item and of its GOODBYE item. */
  readonly #start: number;
  readonly #goodbye: number;

  /** Use `PxarAccessor.root` and `PxarAccessor.directory`. */
  private constructor(
    access: RandomAccess,
    version: number,
    readonly node: PxarNode,
    table: DataView,
    start: number,
    goodbye: number,
  ) {
    this.#access = access;
    this.#version = version;
    this.#table = table;
    this.#start = start;
    this.#goodbye = goodbye;
  }

  /** Number of entries. */
  get length(): number {
    return this.#table.byteLength / format.GOODBYE_ITEM_SIZE;
  }

  /**
   * Opens the directory that ends where `node` does (spec: pxar.md §4.2).
   *
   * @param starts Where its ENTRY item may begin.
   */
  static async open(
    access: RandomAccess,
    version: number,
    node: PxarNode,
    starts: readonly number[],
  ): Promise<PxarDirectory> {
    const { end } = node;
    const fail = (problem: string): never => {
      throw new CorruptDataError(`archive: goodbye table that ends at ${end} ${problem}`);
    };
    if (end < format.MIN_GOODBYE_SIZE) fail("is cut off");
    const tail = viewOf(
      await access.read(end - format.GOODBYE_ITEM_SIZE, format.GOODBYE_ITEM_SIZE),
    );
    if (tail.getBigUint64(0, true) !== format.GOODBYE_TAIL_MARKER) fail("has no tail");
    const distance = readNumber(tail, 8);
    const size = readNumber(tail, 16);
    if (
      size < format.MIN_GOODBYE_SIZE || size > end ||
      (size - format.HEADER_SIZE) % format.GOODBYE_ITEM_SIZE !== 0
    ) {
      fail(`has a wrong size of ${size}`);
    }
    const goodbye = end - size;
    if (!starts.includes(goodbye - distance)) fail(`belongs to no directory`);
    const items = new RandomItems(access, version);
    if (!items.find(goodbye, end)) await items.load(goodbye, end);
    if (items.row !== format.GOODBYE || items.size !== size) fail("has no header");
    const length = size - format.MIN_GOODBYE_SIZE;
    const table = viewOf(await access.read(goodbye + format.HEADER_SIZE, length));
    return new PxarDirectory(access, version, node, table, goodbye - distance, goodbye);
  }

  /**
   * All entries, in stream order.
   *
   * @throws {CorruptDataError} on damage, also if entries overlap.
   */
  async list(): Promise<PxarNode[]> {
    const slots = Array.from({ length: this.length }, (_, slot) => slot);
    const positions = Float64Array.from(slots, (slot) => this.#position(slot));
    slots.sort((a, b) => positions[a]! - positions[b]!);
    const items = new RandomItems(this.#access, this.#version);
    const nodes: PxarNode[] = [];
    // Entries that overlap would let a small archive describe an endless tree.
    let behind = this.#start;
    for (const slot of slots) {
      const position = positions[slot]!;
      if (position < behind) {
        throw new CorruptDataError(`archive: entry at ${position} overlaps the one before`);
      }
      const node = await this.#read(items, slot);
      nodes.push(node);
      behind = node.end;
    }
    return nodes;
  }

  /** The entry of that name, `undefined` if there is none (spec: pxar.md §2.4). */
  async lookup(name: Uint8Array): Promise<PxarNode | undefined> {
    const hash = new Uint32Array(2);
    hashName(name, 0, name.byteLength, hash, 0);
    const items = new RandomItems(this.#access, this.#version);
    const pending = [0];
    for (let slot = pending.pop(); slot !== undefined; slot = pending.pop()) {
      if (slot >= this.length) continue;
      const at = format.GOODBYE_ITEM_SIZE * slot;
      const order = hash[1]! - this.#table.getUint32(at + 4, true) ||
        hash[0]! - this.#table.getUint32(at, true);
      if (order === 0) {
        const node = await this.#read(items, slot);
        if (bytesEqual(node.entry.name, name)) return node;
      }
      // Equal hashes can be on both sides.
      if (order >= 0) pending.push(2 * slot + 2);
      if (order <= 0) pending.push(2 * slot + 1);
    }
    return undefined;
  }

  /** Position of the FILENAME item of the entry in a slot. */
  #position(slot: number): number {
    const distance = readNumber(this.#table, format.GOODBYE_ITEM_SIZE * slot + 8);
    const position = this.#goodbye - distance;
    if (distance === 0 || position <= this.#start) {
      throw new CorruptDataError(
        `archive: goodbye table at ${this.#goodbye} leads out of its directory`,
      );
    }
    return position;
  }

  async #read(items: RandomItems, slot: number): Promise<PxarNode> {
    const position = this.#position(slot);
    const size = readNumber(this.#table, format.GOODBYE_ITEM_SIZE * slot + 16);
    // In split archives the size of a file may count in its content (spec: pxar.md §2.2).
    const limit = Math.min(position + size, this.#goodbye);
    const { node } = this;
    const found = await items.readEntry(position, limit, node.entry.depth + 1);
    const { entry } = found;
    if (size > this.#goodbye - position && !(this.#version === 2 && entry.kind === "file")) {
      entry.fail("reaches beyond its directory");
    }
    const pathLength = node.pathLength + entry.name.byteLength + 1;
    if (entry.depth > format.MAX_DEPTH || pathLength > format.MAX_PATH_LENGTH) {
      entry.fail("directories are nested too deeply");
    }
    return { entry, end: entry.kind === "directory" ? limit : found.end, pathLength };
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readNumber(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) {
    throw new CorruptDataError("archive: number in a goodbye table is out of range");
  }
  return value;
}
