import { DIGEST_LENGTH, FIXED_CHUNK_SIZE, INDEX_HEADER_LENGTH } from "../../lib/index/mod.ts";
import {
  FIXED_CHUNK_SIZE_OFFSET,
  FIXED_INDEX_MAGIC,
  FIXED_SIZE_OFFSET,
} from "../../lib/index/format.ts";
import { decodeHex } from "../../lib/bytes/mod.ts";
import type {
  ListedObject,
  ListedPage,
  ObjectStart,
  ObjectStore,
  ReadObject,
} from "../../lib/s3/mod.ts";
import { FOLDERS, SimulatedChunks } from "./simulated_chunks.ts";

/** Objects of a page, as servers have it. */
const PAGE = 1000;
/** One chunk of so many is garbage. */
const GARBAGE = 100;
/** Written this long ago, far before any collection; seconds since the epoch. */
const WRITTEN = 1_600_000_000;
const CHUNK_BYTES = 2_500_000;

/** Size and shape of a simulated store. */
export interface SimulatedStoreOptions {
  /** Chunks; 99 % of them are referenced. */
  readonly chunks: number;
  readonly groups: number;
  /** Snapshots of each group. */
  readonly snapshots: number;
  /** Part of the chunks that a snapshot has not in common with the one before. */
  readonly change: number;
}

/**
 * An object store with any number of chunks that takes no memory: listings and indexes are computed
 * when they are asked for. Nothing can be written, what is removed is counted.
 */
export class SimulatedObjectStore implements ObjectStore {
  readonly displayName = "simulation";
  readonly chunks: SimulatedChunks;
  /** Requests by kind. */
  readonly requests = { list: 0, get: 0, remove: 0 };
  /** Objects that were removed. */
  removed = 0;
  /** Different chunks that the snapshots of a group refer to. */
  readonly perGroup: number;
  /** Chunks of a snapshot. */
  readonly perSnapshot: number;
  readonly #options: SimulatedStoreOptions;
  /** Chunks of a snapshot that are new in it. */
  readonly #changed: number;
  readonly #step: number;
  #index: { readonly key: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;

  /** @param prefix Name of the datastore, and a slash. */
  constructor(readonly prefix: string, options: SimulatedStoreOptions) {
    this.#options = options;
    const { chunks, groups, snapshots, change } = options;
    this.chunks = new SimulatedChunks(chunks);
    this.perGroup = Math.floor(this.referenced / groups);
    this.perSnapshot = Math.floor(this.perGroup / (1 + (snapshots - 1) * change));
    this.#changed = snapshots === 1
      ? 0
      : Math.floor((this.perGroup - this.perSnapshot) / (snapshots - 1));
    this.#step = stepFor(chunks);
  }

  /** Chunks that may be referenced. */
  get referenced(): number {
    const { chunks } = this.#options;
    return chunks - Math.ceil(chunks / GARBAGE);
  }

  /** Chunks that some snapshot refers to: what remains of the division is garbage too. */
  get used(): number {
    const { groups, snapshots } = this.#options;
    return groups * (this.perSnapshot + (snapshots - 1) * this.#changed);
  }

  /** Entries of all indexes. */
  get entries(): number {
    return this.#options.groups * this.#options.snapshots * this.perSnapshot;
  }

  async *list(prefix: string): AsyncIterable<ListedPage> {
    const chunks = `${this.prefix}.chunks/`;
    const objects = prefix.startsWith(chunks)
      ? this.#listChunks(chunks, prefix.slice(chunks.length))
      : this.#listIndexes(prefix);
    let hasPage = false;
    for (const page of objects) {
      hasPage = true;
      this.requests.list++;
      yield { objects: page, date: Math.floor(Date.now() / 1000) };
      await Promise.resolve();
    }
    if (hasPage) return;
    this.requests.list++;
    yield { objects: [], date: Math.floor(Date.now() / 1000) };
  }

  *#listChunks(root: string, part: string): Generator<ListedObject[]> {
    const digits = part.replace("/", "");
    const width = FOLDERS / 16 ** digits.length;
    const first = (Number.parseInt(digits, 16) || 0) * width;
    const last = this.chunks.firstOf(first + width);
    const bytes = new Uint8Array(PAGE * DIGEST_LENGTH);
    const view = new DataView(bytes.buffer);
    for (let chunk = this.chunks.firstOf(first); chunk < last; chunk += PAGE) {
      const count = Math.min(PAGE, last - chunk);
      for (let i = 0; i < count; i++) this.chunks.writeDigest(chunk + i, view, i * DIGEST_LENGTH);
      const hex = bytes.subarray(0, count * DIGEST_LENGTH).toHex();
      yield Array.from({ length: count }, (_, i) => {
        const name = hex.slice(i * 2 * DIGEST_LENGTH, (i + 1) * 2 * DIGEST_LENGTH);
        return listed(`${root}${name.slice(0, 4)}/${name}`, CHUNK_BYTES);
      });
    }
  }

  *#listIndexes(prefix: string): Generator<ListedObject[]> {
    const { groups, snapshots } = this.#options;
    let page: ListedObject[] = [];
    for (let group = 0; group < groups; group++) {
      for (let snapshot = 0; snapshot < snapshots; snapshot++) {
        const key = this.indexKey(group, snapshot);
        if (!key.startsWith(prefix)) continue;
        page.push(listed(key, INDEX_HEADER_LENGTH + this.perSnapshot * DIGEST_LENGTH));
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  /** The key of an index. */
  indexKey(group: number, snapshot: number): string {
    const time = new Date((WRITTEN + snapshot * 86400) * 1000).toISOString().slice(0, 19);
    const name = `g${String(group).padStart(6, "0")}`;
    return `${this.prefix}.cnt/host/${name}/${time}Z/disk.img.fidx`;
  }

  get(
    key: string,
    buffer: (length: number) => Uint8Array = (length) => new Uint8Array(length),
  ): Promise<ReadObject | undefined> {
    this.requests.get++;
    const [, group, time] = /\.cnt\/host\/g(\d+)\/([^/]+)\/disk\.img\.fidx$/.exec(key) ?? [];
    if (group === undefined) return Promise.resolve(undefined);
    const snapshot = Math.round((Date.parse(time!) / 1000 - WRITTEN) / 86400);
    const content = this.#indexOf(Number(group), snapshot);
    const copy = buffer(content.byteLength);
    copy.set(content);
    return Promise.resolve({ content: copy, etag: "simulated" });
  }

  /** The bytes of an index; the one before it in the group is made into it. */
  #indexOf(group: number, snapshot: number): Uint8Array<ArrayBuffer> {
    const key = this.indexKey(group, snapshot);
    const before = snapshot > 0 && this.#index?.key === this.indexKey(group, snapshot - 1);
    const bytes = before ? this.#index!.bytes : newIndex(this.perSnapshot);
    const view = new DataView(bytes.buffer);
    const base = group * this.perGroup;
    const write = (entry: number, number: number) => {
      const offset = INDEX_HEADER_LENGTH + entry * DIGEST_LENGTH;
      this.chunks.writeDigest(this.#chunkOf(number), view, offset);
    };
    if (!before) {
      for (let entry = 0; entry < this.perSnapshot; entry++) write(entry, base + entry);
    }
    for (let round = before ? snapshot : 1; round <= snapshot; round++) {
      const first = base + this.perSnapshot + (round - 1) * this.#changed;
      // Another stretch each time.
      const place = round * this.#changed * 7;
      for (let i = 0; i < this.#changed; i++) write((place + i) % this.perSnapshot, first + i);
    }
    this.#index = { key, bytes };
    return bytes;
  }

  /** The chunk that is the nth one that an index refers to: neighbours lie far from each other. */
  #chunkOf(number: number): number {
    return number * this.#step % this.#options.chunks;
  }

  async readStart(key: string, length: number): Promise<ObjectStart | undefined> {
    const found = await this.get(key);
    return found && { bytes: found.content.subarray(0, length), size: found.content.length };
  }

  put(): Promise<never> {
    return Promise.reject(new Error("the simulated store cannot be written"));
  }

  copy(): Promise<never> {
    return Promise.reject(new Error("the simulated store cannot be written"));
  }

  remove(): Promise<void> {
    return this.removeAll([""]);
  }

  removeAll(keys: readonly string[]): Promise<void> {
    this.requests.remove += Math.ceil(keys.length / PAGE);
    this.removed += keys.length;
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function listed(key: string, size: number): ListedObject {
  return { key, size, etag: "simulated", modificationTime: WRITTEN };
}

/** An index whose digests are still to be written. */
function newIndex(chunks: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(INDEX_HEADER_LENGTH + chunks * DIGEST_LENGTH);
  bytes.set(decodeHex(FIXED_INDEX_MAGIC));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(FIXED_SIZE_OFFSET, BigInt(chunks) * BigInt(FIXED_CHUNK_SIZE), true);
  view.setBigUint64(FIXED_CHUNK_SIZE_OFFSET, BigInt(FIXED_CHUNK_SIZE), true);
  return bytes;
}

/** A number without a common divisor, so that its multiples reach every chunk; exact up to 2^53. */
function stepFor(chunks: number): number {
  let step = Math.floor(Math.min(chunks * 0.618, Number.MAX_SAFE_INTEGER / chunks));
  while (step > 1 && divisor(step, chunks) !== 1) step--;
  return Math.max(step, 1);
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
