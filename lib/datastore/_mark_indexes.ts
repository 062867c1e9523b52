import { Errno } from "../../ffi/errno.ts";
import { encodeHex } from "../bytes/mod.ts";
import { NotFoundError, PbsError, SystemError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { DigestSet, wordsOf } from "../marking/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import { type BadChunks, recordBadChunk } from "./bad_chunks.ts";
import { isFull } from "./_system_failure.ts";
import type { StoreClock } from "./_store_clock.ts";
import type { Datastore } from "./datastore.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { DigestTable } from "./digest_table.ts";
import { TEMPORARY_FILE_PATTERN } from "./format.ts";
import { joinPath } from "./layout.ts";
import { readIndex } from "./read_index.ts";
import { groupsOf, namespacesBelow, snapshotContents, snapshotsOf } from "./snapshot_tree.ts";
import type { TimeSlice } from "./time_slice.ts";

/** Digests that are remembered as marked: those of a snapshot of 2 to 4 TB; at most 50 MB. */
const REMEMBERED_DIGESTS = 2 ** 20;

/** Entries of an index that are looked at between two looks at the time. */
const ENTRIES_AT_A_TIME = 4096;

/** How often a group is listed again because its newest snapshot vanished meanwhile. */
const MAX_GROUP_RETRIES = 10;

/** Counters of marking. */
export interface MarkCounters {
  indexFileCount: number;
  indexDataBytes: number;
}

/** Everything that marking works with. */
export interface MarkOptions {
  readonly datastore: Datastore;
  readonly log: TaskLog;
  readonly slice: TimeSlice;
  readonly counters: MarkCounters;
  /** Chunks to look out for. */
  readonly bad: BadChunks;
  readonly clock: StoreClock;
  /** Stamps of indexes, by path, that need not be marked again; those that are marked are added. */
  readonly marked?: Map<string, string> | undefined;
  /** Called after each index, also after one that needed no marking. */
  readonly onIndex?: ((seen: number, total: number) => Promise<void>) | undefined;
  /** Hears of each chunk that is missing. */
  readonly onMissing?: ((digest: Uint8Array) => void) | undefined;
}

/** Phase 1 of garbage collection: touches every chunk that any index refers to. */
export class IndexMarker {
  readonly #datastore: Datastore;
  readonly #log: TaskLog;
  readonly #slice: TimeSlice;
  readonly #counters: MarkCounters;
  readonly #bad: BadChunks;
  readonly #clock: StoreClock;
  readonly #options: MarkOptions;
  /** Files outside of the chunk store that were being written when they were met. */
  readonly temporaryFiles: string[] = [];
  /** Which of the bad ones some index names. */
  readonly neededBad: DigestTable = new DigestTable();
  readonly #marked = new DigestSet(REMEMBERED_DIGESTS);
  #total = 0;
  #seen = 0;

  constructor(options: MarkOptions) {
    const { datastore, log, slice, counters, bad, clock } = options;
    this.#options = options;
    this.#datastore = datastore;
    this.#clock = clock;
    this.#bad = bad;
    this.#log = log;
    this.#slice = slice;
    this.#counters = counters;
  }

  /** @throws if any index cannot be read: chunks it refers to would be lost. */
  async run(): Promise<void> {
    const unmarked = new Set<string>();
    await this.#collect("", unmarked);
    this.#total = unmarked.size;
    this.#log(`found ${unmarked.size} index files`);
    for (const namespace of await namespacesBelow(this.#datastore, "")) {
      for (const group of await groupsOf(this.#datastore, namespace)) {
        await this.#markGroup(group, unmarked);
      }
    }
    for (const path of unmarked) {
      const marked = await this.#markIndex(path);
      if (marked) this.#log(`WARN: index "${path}" lies outside of any snapshot`, true);
    }
  }

  /** All indexes below a folder; hidden names and symlinks are left out. */
  async #collect(folder: string, found: Set<string>): Promise<void> {
    this.#slice.check();
    for (const { name, kind } of await this.#listFolder(folder)) {
      const path = joinPath(folder, name);
      if (kind === "file" && TEMPORARY_FILE_PATTERN.test(name)) this.temporaryFiles.push(path);
      if (name.startsWith(".")) continue;
      if (kind === "folder") await this.#collect(path, found);
      else if (kind === "file" && /\.[fd]idx$/.test(name)) found.add(path);
    }
  }

  async #listFolder(folder: string) {
    try {
      return await this.#datastore.files.list(folder);
    } catch (error) {
      if (error instanceof NotFoundError && folder !== "") return [];
      const denied = error instanceof SystemError && error.errno === Errno.EACCES;
      if (denied && folder === "lost+found") return [];
      throw error;
    }
  }

  /**
   * The newest snapshot first: a backup that is running may have taken chunks over from it. If it
   * vanished, the group has changed and is listed again.
   */
  async #markGroup(group: DatastoreGroup, unmarked: Set<string>): Promise<void> {
    for (let retry = 0; retry < MAX_GROUP_RETRIES; retry++) {
      if (await this.#tryGroup(group, unmarked)) return;
    }
    using _lock = await group.lock();
    await this.#tryGroup(group, unmarked);
  }

  async #tryGroup(group: DatastoreGroup, unmarked: Set<string>): Promise<boolean> {
    for (const [i, snapshot] of (await snapshotsOf(group)).entries()) {
      const complete = await this.#markSnapshot(snapshot, unmarked);
      if (!complete && i === 0) return false;
    }
    return true;
  }

  /** @returns Whether nothing of it vanished. */
  async #markSnapshot(snapshot: DatastoreSnapshot, unmarked: Set<string>): Promise<boolean> {
    let files: readonly string[];
    try {
      ({ files } = await snapshotContents(snapshot));
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
    let complete = true;
    for (const name of files) {
      if (!/\.[fd]idx$/.test(name)) continue;
      const path = snapshot.file(name);
      if (!await this.#markIndex(path)) complete = false;
      unmarked.delete(path);
    }
    return complete;
  }

  /** @returns Whether the index was there. */
  async #markIndex(path: string): Promise<boolean> {
    const { marked, onIndex } = this.#options;
    this.#slice.check();
    // Before it is read: what takes its place meanwhile is marked the next time.
    const stamp = this.#datastore.files.stamp(path);
    if (stamp === undefined || stamp !== marked?.get(path)) {
      if (!await this.#readAndMark(path)) return false;
      if (stamp !== undefined) marked?.set(path, stamp);
    }
    this.#progress();
    await onIndex?.(this.#seen, this.#total);
    return true;
  }

  /** @returns Whether the index was there. */
  async #readAndMark(path: string): Promise<boolean> {
    let index: ChunkIndex;
    try {
      index = readIndex(await this.#datastore.files.read(path), path);
    } catch (cause) {
      if (cause instanceof NotFoundError) return false;
      throw new PbsError(`cannot read index "${path}", its chunks might be lost`, { cause });
    }
    this.#counters.indexFileCount++;
    this.#counters.indexDataBytes += index.size;
    await this.#markChunks(index);
    return true;
  }

  async #markChunks(index: ChunkIndex): Promise<void> {
    const { chunks } = this.#datastore;
    const { count } = index.digests;
    const { words, at, stride } = wordsOf(index.digests);
    for (let done = 0; done < count;) {
      const before = this.#marked.count;
      const some = Math.min(ENTRIES_AT_A_TIME, count - done);
      const taken = this.#marked.addAll({ words, at: at + done * stride, stride }, some);
      await this.#checkTime();
      for (let record = before; record < this.#marked.count; record++) {
        if ((record & 63) === 0) await this.#checkTime();
        const digest = this.#marked.digestAt(record);
        if (this.#bad.has(digest)) this.neededBad.set(digest, 1);
        if (!chunks.mark(digest)) await this.#reportMissing(digest.slice(), index.name);
      }
      done += taken;
      if (taken < some) this.#marked.clear();
    }
  }

  async #reportMissing(digest: Uint8Array, index: string): Promise<void> {
    if (!this.#bad.has(digest)) await recordUnlessFull(this.#datastore, digest, this.#log);
    this.#options.onMissing?.(digest);
    const kept = this.#datastore.chunks.touchBad(digest);
    const bad = kept > 0 ? ", a corrupt one of that digest is kept" : "";
    this.#log(`WARN: chunk ${encodeHex(digest)} of index "${index}" is missing${bad}`, true);
  }

  async #checkTime(): Promise<void> {
    this.#clock.check();
    if (this.#slice.isOver) await this.#slice.pause();
  }

  #progress(): void {
    const before = Math.floor(this.#seen * 10 / this.#total);
    this.#seen++;
    const now = Math.floor(this.#seen * 10 / this.#total);
    if (now > before && now <= 10) {
      this.#log(`marked ${now * 10}% (${this.#seen} of ${this.#total} index files)`);
    }
  }
}

/** Remembers a missing chunk as bad. On a full disk it is more important to go on and free some space. */
export async function recordUnlessFull(
  datastore: Datastore,
  digest: Uint8Array,
  log: TaskLog,
): Promise<void> {
  try {
    await recordBadChunk(datastore, digest, "everybody", undefined);
  } catch (error) {
    if (!(error instanceof SystemError && isFull(error))) throw error;
    log(`WARN: ${error.message}`, true);
  }
}
