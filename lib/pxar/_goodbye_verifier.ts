import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import { leftmostSlot, nextSlot } from "./goodbye_table.ts";
import { hashName } from "./name_hash.ts";
import type { PxarEntry } from "./pxar_entry.ts";

/** A child as the stream showed it. */
interface Child {
  readonly hash: bigint;
  readonly position: number;
  /** File size, which freshly written files of split archives count in (spec: pxar.md §2.2). */
  readonly extraSize: number;
  end: number;
}

interface OpenDirectory {
  readonly entry: PxarEntry;
  readonly hash: bigint;
  readonly children: Child[];
}

/** Holds goodbye tables against the entries that were seen before them (spec: pxar.md §4.4). */
export class GoodbyeVerifier {
  readonly #open: OpenDirectory[] = [];
  #ending: Child | undefined;
  #table = new Uint8Array();
  #filled = 0;
  #position = 0;

  /** A child that is no directory was read up to its content. */
  child(entry: PxarEntry): void {
    const extraSize = entry.payloadOffset < 0 ? 0 : entry.size;
    this.#ending = { hash: hashOf(entry.name), position: entry.position, extraSize, end: 0 };
  }

  /** Notes the position at which the children read last have ended. */
  childrenEndAt(position: number): void {
    if (this.#ending === undefined) return;
    this.#ending.end = position;
    this.#open.at(-1)!.children.push(this.#ending);
    this.#ending = undefined;
  }

  /** A directory was entered. */
  enter(entry: PxarEntry): void {
    this.#open.push({ entry, hash: hashOf(entry.name), children: [] });
  }

  /** A table begins. */
  beginTable(position: number, size: number): void {
    const expected = format.GOODBYE_ITEM_SIZE * (this.#open.at(-1)!.children.length + 1);
    if (size !== expected) this.#fail(`has ${size} bytes instead of ${expected}`);
    this.#table = new Uint8Array(size);
    this.#filled = 0;
    this.#position = position;
  }

  /** Bytes of the table. */
  tableBytes(bytes: Uint8Array): void {
    this.#table.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  /** The table is complete and the directory ends. */
  leave(end: number): void {
    const { entry, hash, children } = this.#open.at(-1)!;
    const items = new DataView(this.#table.buffer);
    this.#compareItems(items, children);
    const tail = format.GOODBYE_ITEM_SIZE * children.length;
    const distance = BigInt(this.#position) - items.getBigUint64(tail + 8, true);
    const start = entry.depth === 0
      ? entry.position
      : entry.position + format.HEADER_SIZE + entry.name.byteLength + 1;
    if (
      items.getBigUint64(tail, true) !== format.GOODBYE_TAIL_MARKER ||
      items.getBigUint64(tail + 16, true) !== BigInt(this.#table.byteLength + format.HEADER_SIZE) ||
      distance !== BigInt(start) && !(entry.depth === 0 && distance === 0n)
    ) {
      this.#fail("has a wrong tail");
    }
    this.#open.pop();
    this.#ending = entry.depth === 0
      ? undefined
      : { hash, position: entry.position, extraSize: 0, end };
  }

  #compareItems(items: DataView, children: Child[]): void {
    const order = (a: Child, b: Child) =>
      a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : a.position - b.position;
    children.sort(order);
    const found: (Child & { readonly size: bigint })[] = [];
    let slot = leftmostSlot(0, children.length);
    for (let i = 0; i < children.length; i++) {
      const at = format.GOODBYE_ITEM_SIZE * slot;
      const hash = items.getBigUint64(at, true);
      const position = this.#position - Number(items.getBigUint64(at + 8, true));
      found.push({ hash, position, size: items.getBigUint64(at + 16, true), extraSize: 0, end: 0 });
      if (i > 0 && hash < found[i - 1]!.hash) this.#fail("is not sorted by hash");
      slot = nextSlot(slot, children.length);
    }
    found.sort(order);
    children.forEach((child, i) => {
      const item = found[i]!;
      const size = child.end - child.position;
      if (
        item.hash !== child.hash || item.position !== child.position ||
        item.size !== BigInt(size) && item.size !== BigInt(size + child.extraSize)
      ) {
        this.#fail(`does not tell the truth about the entry at ${child.position}`);
      }
    });
  }

  #fail(problem: string): never {
    throw new CorruptDataError(`archive: goodbye table at ${this.#position} ${problem}`);
  }
}

function hashOf(name: Uint8Array): bigint {
  const halves = new Uint32Array(2);
  hashName(name, 0, name.byteLength, halves, 0);
  return BigInt(halves[1]!) << 32n | BigInt(halves[0]!);
}
