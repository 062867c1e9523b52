import { deviceNumber, type FuseAttributes } from "./fuse_records.ts";

/** Offsets in the kernel's `struct fuse_direntplus`: what a look-up tells, then name and type. */
const AT = {
  node: 0,
  generation: 8,
  nameLifetime: 16,
  attributeLifetime: 24,
  lifetimeNanos: 32,
  inode: 40,
  size: 48,
  blocks: 56,
  times: 64,
  nanos: 88,
  mode: 100,
  links: 104,
  uid: 108,
  gid: 112,
  device: 116,
  blockSize: 120,
  entryInode: 128,
  next: 136,
  nameLength: 144,
  type: 148,
  name: 152,
} as const;
const BLOCK_BYTES = 512;
const PREFERRED_BLOCK_BYTES = 4096;
/** Largest number of seconds that is told; the kernel takes it for "does not change". */
const FOREVER = 0xffff_ffff_ffff_ffffn;
const NANOS = 1e9;

/** One name of a folder, as it is put into an answer. */
export interface FuseEntry {
  readonly name: Uint8Array;
  readonly node: bigint;
  readonly attributes: FuseAttributes;
  readonly lifetimeSeconds: number;
  /** Offset at which the next one is asked for. */
  readonly next: number;
  /** Whether the kernel does not count it as looked up: `.`, `..`, and what it shall look up itself. */
  readonly isOnlyNamed: boolean;
}

/**
 * The answer to a reading of a folder: names with their attributes, as the kernel reads them. libfuse
 * would do the same, at the price of a call for each name.
 */
export class FuseDirectory {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  #used = 0;
  #limit = 0;

  /** @param maxBytes Most that an answer has. */
  constructor(maxBytes: number) {
    this.#bytes = new Uint8Array(maxBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Begins an answer of at most so many bytes. */
  begin(size: number): void {
    this.#used = 0;
    this.#limit = Math.min(size, this.#bytes.byteLength);
  }

  /** The answer so far. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#used);
  }

  /** @returns false if there is no room for it. */
  add({ name, node, attributes, lifetimeSeconds, next, isOnlyNamed }: FuseEntry): boolean {
    const start = this.#used;
    const end = start + AT.name + name.byteLength;
    const padded = end + 7 & ~7;
    if (padded > this.#limit) return false;
    const view = this.#view;
    view.setBigUint64(start + AT.node, isOnlyNamed ? 0n : node, true);
    view.setBigUint64(start + AT.generation, 1n, true);
    const seconds = Number.isFinite(lifetimeSeconds)
      ? BigInt(Math.trunc(lifetimeSeconds))
      : FOREVER;
    const nanos = Number.isFinite(lifetimeSeconds) ? Math.trunc(lifetimeSeconds % 1 * NANOS) : 0;
    for (const at of [AT.nameLifetime, AT.attributeLifetime]) {
      view.setBigUint64(start + at, seconds, true);
    }
    for (const at of [0, 4]) view.setUint32(start + AT.lifetimeNanos + at, nanos, true);
    this.#writeAttributes(start, node, attributes);
    view.setBigUint64(start + AT.entryInode, node, true);
    view.setUint32(start + AT.next, next, true);
    view.setUint32(start + AT.next + 4, Math.floor(next / 2 ** 32), true);
    view.setUint32(start + AT.nameLength, name.byteLength, true);
    view.setUint32(start + AT.type, attributes.mode >>> 12, true);
    // Names are short: a call for each would cost more than the loop.
    const bytes = this.#bytes;
    for (let i = 0, at = start + AT.name; at < padded; i++) bytes[at++] = name[i] ?? 0;
    this.#used = padded;
    return true;
  }

  #writeAttributes(start: number, inode: bigint, attributes: FuseAttributes): void {
    const view = this.#view;
    const number = (at: number, value: number) => {
      view.setUint32(start + at, value, true);
      view.setInt32(start + at + 4, Math.floor(value / 2 ** 32), true);
    };
    view.setBigUint64(start + AT.inode, inode, true);
    number(AT.size, attributes.size);
    number(AT.blocks, Math.ceil(attributes.size / BLOCK_BYTES));
    for (const at of [0, 1, 2]) {
      number(AT.times + 8 * at, attributes.mtimeSecs);
      view.setUint32(start + AT.nanos + 4 * at, attributes.mtimeNanos, true);
    }
    view.setUint32(start + AT.mode, attributes.mode, true);
    view.setUint32(start + AT.links, attributes.links, true);
    view.setUint32(start + AT.uid, attributes.uid, true);
    view.setUint32(start + AT.gid, attributes.gid, true);
    const device = attributes.major === undefined
      ? 0
      : Number(deviceNumber(attributes) & 0xffffffffn);
    view.setUint32(start + AT.device, device, true);
    number(AT.blockSize, PREFERRED_BLOCK_BYTES);
  }
}
