import {
  type CollectGarbageOptions,
  formatGcStatus,
  type GcCounters,
  type GcStatus,
  newGcCounters,
  readGcStatus,
} from "../datastore/mod.ts";
import { CancelledError, LockedError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { BucketFiles } from "./_bucket_files.ts";
import { SharedCollection } from "./_collection.ts";
import type { SharedKeys } from "./_keys.ts";
import { findCandidates } from "./_marked_chunks.ts";
import { putOnce, textOf } from "./_put_once.ts";
import { listAll, listSharedState, type SeenCollection, type SharedState } from "./_state.ts";
import { describeOwner, parseSessionOwner } from "./_session_owner.ts";
import { requireSharedPrefix } from "./prefix_owner.ts";

/**
 * Age in seconds of a list of unused chunks from which they are removed: so that a run each day removes
 * what that of the day before has found. As long can a snapshot be read that was removed meanwhile.
 */
export const SHARED_CUTOFF_SECONDS = 20 * 3600;
/** Age in seconds from which decisions about sessions that have ended are forgotten. */
const DECISION_SECONDS = 7 * 86400;
const GC_STATUS_FILE = ".gc-status";

/** Store in which garbage is collected. */
export interface SharedStore {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly files: BucketFiles;
  readonly leaseSeconds: number;
}

/**
 * Collects garbage of a store that others write to meanwhile: removes what an earlier run has found unused,
 * and finds anew (docs/internals/shared-bucket.md "Collections").
 *
 * @throws {LockedError} if another collection is running.
 * @throws {CancelledError} if it was asked to stop.
 */
export async function collectSharedGarbage(
  shared: SharedStore,
  options: CollectGarbageOptions,
): Promise<GcStatus> {
  const { store, keys } = shared;
  const { log, signal } = options;
  await requireSharedPrefix(store, keys);
  const counters = newGcCounters();
  const run = new Run(shared, options, counters);
  log(`starting garbage collection on datastore "${keys.store}" in ${store.displayName}`);
  try {
    if (!await run.finishEarlier()) return await readGcStatus(shared);
    await run.begin();
  } catch (error) {
    if (!signal?.aborted || error instanceof CancelledError) throw error;
    throw new CancelledError("the task was aborted", { cause: error });
  }
  const status: GcStatus = { upid: options.upid, ...counters };
  await shared.files.replace(GC_STATUS_FILE, new TextEncoder().encode(formatGcStatus(status)));
  log(`removed garbage: ${status.removedBytes} bytes, ${status.removedChunks} chunks`);
  if (status.removedBad > 0) log(`removed bad chunks: ${status.removedBad}`);
  if (status.stillBad > 0) log(`bad chunks kept: ${status.stillBad}`);
  log(`pending removals: ${status.pendingBytes} bytes, ${status.pendingChunks} chunks`);
  log(`original data: ${status.indexDataBytes} bytes in ${status.indexFileCount} index files`);
  const percent = status.indexDataBytes === 0 ? 0 : status.diskBytes * 100 / status.indexDataBytes;
  log(
    `in the bucket: ${status.diskBytes} bytes (${
      percent.toFixed(2)
    }%), ${status.diskChunks} chunks`,
  );
  return status;
}

/** One run of the command. */
class Run {
  readonly #shared: SharedStore;
  readonly #options: CollectGarbageOptions;
  readonly #counters: GcCounters;
  readonly #cutoff: number;
  #next = 1;

  constructor(shared: SharedStore, options: CollectGarbageOptions, counters: GcCounters) {
    this.#shared = shared;
    this.#options = options;
    this.#counters = counters;
    this.#cutoff = options.cutoffSeconds ?? SHARED_CUTOFF_SECONDS;
  }

  /** Ends the newest collection. @returns False if it has to wait. */
  async finishEarlier(): Promise<boolean> {
    const { store, keys } = this.#shared;
    const state = await listSharedState(store, keys);
    await this.#tidy(state);
    const newest = state.collections.at(-1);
    this.#next = (newest?.number ?? 0) + 1;
    if (newest === undefined || newest.isDone) return true;
    if (!newest.isPublished || newest.isDeleting) {
      await this.#takeOver(newest);
      return true;
    }
    const { log } = this.#options;
    if (newest.publishedAge < this.#cutoff) {
      const rest = Math.ceil((this.#cutoff - newest.publishedAge) / 60);
      log(`the chunks that were found unused are removed by a run in ${rest} minutes or later`);
      return false;
    }
    log("removing unused chunks that an earlier run has found");
    return await this.#collection(newest.number).delete();
  }

  /** Begins a collection, and ends it at once if its candidates need not get older. */
  async begin(): Promise<void> {
    const { store, keys, files } = this.#shared;
    const { log, signal, onMissing } = this.#options;
    const counters = this.#counters;
    const collection = this.#collection(this.#next);
    log("phase 1: mark used chunks");
    await collection.publish(() =>
      findCandidates({ store, keys, files, counters, log, signal, onMissing })
    );
    if (this.#cutoff > 0) return;
    log("phase 2: remove unused chunks");
    const { removedBytes, removedChunks } = counters;
    await collection.delete();
    counters.pendingBytes -= counters.removedBytes - removedBytes;
    counters.pendingChunks -= counters.removedChunks - removedChunks;
  }

  #collection(number: number): SharedCollection {
    const { log, signal } = this.#options;
    return new SharedCollection(number, {
      ...this.#shared,
      counters: this.#counters,
      log,
      signal,
    });
  }

  /** Ends a collection whose process has died. */
  async #takeOver({ number, leaseAge, isDeleting }: SeenCollection): Promise<void> {
    const { store, keys, leaseSeconds } = this.#shared;
    if (leaseAge <= leaseSeconds) {
      // What it has sent may arrive until then, whoever sees that it is dead.
      const part = `${keys.collection(number)}${isDeleting ? "deleting" : "begun"}`;
      const found = await store.get(part);
      const owner = parseSessionOwner(found?.content ?? new Uint8Array());
      throw new LockedError(
        "another garbage collection of this datastore is running: " +
          describeOwner(owner, leaseAge, leaseSeconds),
      );
    }
    this.#options.log(`a garbage collection that was interrupted is given up`);
    await putOnce(store, `${keys.collection(number)}done`, textOf({ gaveUp: number }));
    await this.#collection(number).clear();
  }

  /** Removes what earlier collections and sessions have left. */
  async #tidy({ sessions, decisions, decisionAges, collections }: SharedState): Promise<void> {
    const { store, keys, leaseSeconds } = this.#shared;
    for (const { number } of collections.slice(0, -1)) {
      const left = await listAll(store, keys.collection(number));
      await store.remove(`${keys.collection(number)}published`);
      await store.removeAll(left.map(({ object }) => object.key));
    }
    const live = new Set(sessions.map(({ id }) => id));
    const old: string[] = [];
    for (const [id, numbers] of decisions) {
      if (live.has(id) || decisionAges.get(id)! < DECISION_SECONDS) continue;
      old.push(...numbers.map((number) => keys.decision(id, number)));
    }
    for (const { object, age } of await listAll(store, keys.locks)) {
      const id = object.key.slice(object.key.lastIndexOf("/") + 1);
      if (!live.has(id) && age > leaseSeconds) old.push(object.key);
    }
    if (old.length > 0) await store.removeAll(old);
  }
}
