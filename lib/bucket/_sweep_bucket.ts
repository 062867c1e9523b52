import type { FileChunkStore, SweepLimits, SweptChunk, SweptFolder } from "../datastore/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { ChunkPage, ListedChunk } from "./chunk_page.ts";
import type { CachedChunks } from "./_cached_chunks.ts";
import type { CachedContents } from "./_cached_contents.ts";
import type { ChunkLocks } from "./_chunk_locks.ts";
import type { BucketKeys, ChunkKey } from "./bucket_keys.ts";
import { listChunkPages } from "./list_chunk_pages.ts";

/** Times of a store are told in whole seconds. */
const CLOCK_MARGIN_SECONDS = 2;

/** Everything that a sweep works with. */
export interface SweepParts {
  readonly objects: ObjectStore;
  readonly keys: BucketKeys;
  readonly local: FileChunkStore;
  readonly cached: CachedChunks;
  readonly contents: CachedContents;
  readonly locks: ChunkLocks;
  /** Takes contents out of the cache that there is too much of. */
  evict(): void;
}

/**
 * Goes through the chunks of a bucket, and through the files of its cache afterwards (spec:
 * s3-datastore.md §8.2, §8.3). What is to be removed is locked from before its file goes until its object has
 * gone; whatever is locked by others stays. Pages of the listing may be minutes old when it is their turn: what is
 * done to a chunk follows from its file as it is then.
 *
 * @param from Number of the first chunk folder that is told of; all are looked at.
 */
export async function* sweepBucket(
  parts: SweepParts,
  from: number,
  limits: SweepLimits,
): AsyncGenerator<SweptFolder> {
  let folder = from;
  for await (const page of listChunkPages(parts.objects, parts.keys)) {
    const sweep = new PageSweep(parts, page, from, limits);
    folder = Math.max(folder, page.folder ?? folder);
    try {
      yield { folder, items: sweep.items() };
      await sweep.removeObjects();
    } finally {
      sweep.releaseLocks();
    }
  }
  for await (const { items } of parts.local.sweep()) {
    yield { folder: LAST_FOLDER, items: sweepCache(parts, items, limits) };
  }
}

/** A sweep of the cache that is interrupted is done again from its beginning: nothing is counted in it. */
const LAST_FOLDER = 65535;

/** Chunks of a page of a listing. */
class PageSweep {
  readonly #parts: SweepParts;
  readonly #page: ChunkPage;
  readonly #from: number;
  readonly #limits: SweepLimits;
  readonly #locks: Disposable[] = [];
  readonly #removed: string[] = [];
  readonly #now: number;

  constructor(parts: SweepParts, page: ChunkPage, from: number, limits: SweepLimits) {
    this.#parts = parts;
    this.#page = page;
    this.#from = from;
    this.#limits = limits;
    this.#now = parts.local.now();
  }

  *items(): Generator<SweptChunk> {
    for (const chunk of this.#page.chunks()) {
      const isTold = folderOf(chunk) >= this.#from;
      const item = this.#look(chunk, isTold);
      if (item !== undefined && isTold) yield item;
    }
  }

  /** Undefined for an object that somebody else is busy with. */
  #look(chunk: ListedChunk, isTold: boolean): SweptChunk | undefined {
    const { cached } = this.#parts;
    const isUsing = chunk.kind === "chunk" && cached.stat(chunk.name) === undefined &&
      cached.stat(`${chunk.name}.using`) !== undefined;
    if (isUsing && !this.#becomeKnown(chunk)) return undefined;
    const accessTime = cached.stat(chunk.name)?.accessTime ?? this.#lastUse(chunk);
    if (isTold && accessTime < this.#limits.remove) {
      const lock = this.#parts.locks.tryAcquire(chunk.digest);
      if (lock === undefined) return undefined;
      this.#locks.push(lock);
    }
    return {
      kind: chunk.kind,
      name: chunk.name,
      size: chunk.size,
      accessTime: cached.stat(chunk.name)?.accessTime ?? accessTime,
      modificationTime: accessTime,
      inode: 0n,
      remove: () => this.#remove(chunk),
    };
  }

  /**
   * An index names it, and it is there.
   *
   * @returns False if somebody else is busy with it, or verification has set it aside since the index was read.
   */
  #becomeKnown({ name, digest }: ChunkKey): boolean {
    const { cached, locks } = this.#parts;
    using lock = locks.tryAcquire(digest);
    if (lock === undefined || cached.hasBad(digest)) return false;
    if (cached.stat(name) === undefined) cached.placeEmpty(name);
    cached.remove(`${name}.using`);
    return true;
  }

  /**
   * When an object that the cache does not know was written, by the clock of the cache: nobody has used it since,
   * or there would be a file. Where the store does not tell its time, now.
   */
  #lastUse({ modificationTime }: ListedChunk): number {
    const { date } = this.#page;
    if (date === undefined) return this.#now;
    return this.#now - Math.max(0, date - modificationTime) + CLOCK_MARGIN_SECONDS;
  }

  #remove({ key, name, digest }: ListedChunk): void {
    const { cached, contents } = this.#parts;
    // A marker without object would lose data, an object without marker costs a removal later on.
    cached.remove(name);
    if (name === digest) contents.forget(digest);
    this.#removed.push(key);
  }

  /** Removes the objects whose files are gone. */
  async removeObjects(): Promise<void> {
    if (this.#removed.length > 0) await this.#parts.objects.removeAll(this.#removed.splice(0));
  }

  releaseLocks(): void {
    for (const lock of this.#locks.splice(0)) lock[Symbol.dispose]();
  }
}

/**
 * Leftovers in the cache: marks of this collection for chunks that are not in the bucket, unfinished
 * files, and files without objects that nobody has used. Chunks were counted as objects.
 */
function* sweepCache(
  { cached, contents, locks, evict }: SweepParts,
  items: Iterable<SweptChunk>,
  { remove }: SweepLimits,
): Generator<SweptChunk> {
  for (const item of items) {
    if (item.kind === "using") yield { ...item, kind: "lost", remove: item.remove };
    else if (item.kind === "temporary") yield item;
    else if (item.accessTime < remove) {
      const digest = item.name.slice(0, 64);
      using lock = locks.tryAcquire(digest);
      const stat = lock && cached.stat(item.name);
      if (stat === undefined || stat.accessTime >= remove) continue;
      cached.remove(item.name);
      contents.forget(digest);
    } else if (item.kind === "chunk" && item.size > 0) {
      contents.adopt(item.name, item.size);
      evict();
    }
  }
}

function folderOf({ digest }: ChunkKey): number {
  return Number.parseInt(digest.slice(0, 4), 16);
}
