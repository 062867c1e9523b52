import { CorruptDataError, LockedError } from "../errors/mod.ts";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import type { GcCounters } from "../datastore/mod.ts";
import type { TaskLog } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { BucketFiles } from "./_bucket_files.ts";
import { WHOLE_SHARD } from "./_candidates.ts";
import { CANDIDATE_BYTES, parseDigests, SortedDigests } from "./_digest_list.ts";
import { requireConditionalWrites } from "./_conditional_writes.ts";
import { endEarly } from "./_end_early.ts";
import { fenceSession } from "./_fence.ts";
import type { SharedKeys } from "./_keys.ts";
import { Lease } from "./_lease.ts";
import { forEachIndex, type FoundCandidates, type MarkedIndex } from "./_marked_chunks.ts";
import { putOnce, textOf } from "./_put_once.ts";
import { listCollection, listSharedState } from "./_state.ts";
import { requireListed } from "./_require_listed.ts";
import { requireSharedPrefix } from "./prefix_owner.ts";

/** Fewer candidates than this lie in one object. */
const WHOLE_SHARD_CANDIDATES = 65536;
/** Keys that are removed with one request. */
const BATCH = 1000;

/** Parts that a collection works with. */
export interface CollectionOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly files: BucketFiles;
  readonly leaseSeconds: number;
  readonly counters: GcCounters;
  readonly log: TaskLog;
  readonly signal: AbortSignal | undefined;
}

/** A collection of garbage in a shared store (docs/internals/shared-bucket.md "Collections"). */
export class SharedCollection {
  readonly number: number;
  readonly #options: CollectionOptions;
  readonly #prefix: string;
  /** Tells what this process has written. */
  readonly #id = textOf({
    id: encodeHex(crypto.getRandomValues(new Uint8Array(16))),
    host: Deno.hostname(),
    pid: Deno.pid,
    when: Math.floor(Date.now() / 1000),
  });

  constructor(number: number, options: CollectionOptions) {
    this.number = number;
    this.#options = options;
    this.#prefix = options.keys.collection(number);
  }

  /**
   * Begins it, finds the candidates and publishes them.
   *
   * @throws {LockedError} if somebody else has begun it.
   */
  async publish(find: () => Promise<FoundCandidates>): Promise<void> {
    const { store, keys } = this.#options;
    const start = Date.now();
    if (!await putOnce(store, `${this.#prefix}begun`, this.#id)) throw alreadyRuns();
    await requireConditionalWrites(store, `${this.#prefix}begun`, this.#id);
    const newest = (await listSharedState(store, keys)).collections.at(-1);
    await requireListed(store, `${this.#prefix}begun`, (newest?.number ?? -1) >= this.number);
    // Cleared away already: an older look had missed it.
    if (newest?.number !== this.number) throw alreadyRuns();
    const lease = this.#lease(start);
    try {
      const { marked, candidates, unneededBad } = await find();
      lease.check();
      for (const [name, shard] of shardsOf(candidates)) {
        await store.put(`${this.#prefix}candidates/${name}`, shard);
      }
      lease.check();
      await store.put(`${this.#prefix}published`, textOf({ marked }));
      // Only now: whoever begins later has to see the candidates.
      const { sessions, collections } = await listSharedState(store, keys);
      const isListed = collections.some((each) => each.number === this.number && each.isPublished);
      await requireListed(store, `${this.#prefix}published`, isListed);
      await store.put(`${this.#prefix}sessions`, textOf(sessions.map(({ id }) => id)));
      // Nobody relies on what was set aside.
      if (unneededBad.length > 0) await store.removeAll(unneededBad);
      this.#options.counters.removedBad += unneededBad.length;
    } finally {
      await lease.stop();
    }
  }

  /**
   * Deletes its candidates if nobody who may rely on them is left.
   *
   * @returns False if somebody is.
   * @throws {LockedError} if somebody else deletes them.
   */
  async delete(): Promise<boolean> {
    const { store, keys, log } = this.#options;
    const marked = await this.#readMarked();
    const waiting = await this.#endSessions();
    if (waiting.length > 0) {
      log(
        `${waiting.length} runs have begun before the unused chunks were listed and are not over ` +
          `(${waiting.slice(0, 3).join(", ")}): a later collection removes them`,
      );
      return false;
    }
    const start = Date.now();
    if (!await putOnce(store, `${this.#prefix}deleting`, this.#id)) throw alreadyRuns();
    await requireConditionalWrites(store, `${this.#prefix}deleting`, this.#id);
    const seen = await listCollection(store, keys, this.number);
    await requireListed(store, `${this.#prefix}deleting`, seen?.isDeleting === true);
    // Done and cleared away by somebody else meanwhile: nothing of it holds any more.
    if (seen === undefined || !seen.isPublished || seen.isDone) throw alreadyRuns();
    const lease = this.#lease(start);
    try {
      const shards = await this.#readShards(seen.shards);
      const kept = await this.#keep(shards, seen.rescues, marked);
      await requireSharedPrefix(store, keys);
      await this.#remove(shards, kept, lease);
      await store.put(`${this.#prefix}done`, this.#id);
    } finally {
      await lease.stop();
    }
    await this.clear();
    return true;
  }

  /** Removes what nobody needs of it any more; its number stays taken. */
  async clear(): Promise<void> {
    const { store } = this.#options;
    // First: without it everything else counts as past.
    await store.remove(`${this.#prefix}published`);
    const stay = new Set([`${this.#prefix}begun`, `${this.#prefix}done`]);
    const rest: string[] = [];
    for await (const { objects } of store.list(this.#prefix)) {
      rest.push(...objects.map(({ key }) => key).filter((key) => !stay.has(key)));
    }
    if (rest.length > 0) await store.removeAll(rest);
  }

  #lease(start: number): Lease {
    const { store, leaseSeconds } = this.#options;
    return new Lease(leaseSeconds, start, async () => {
      await store.put(`${this.#prefix}lease`, this.#id);
    });
  }

  async #readMarked(): Promise<Map<string, string>> {
    const found = await this.#options.store.get(`${this.#prefix}published`);
    if (found === undefined) throw alreadyRuns();
    const { marked } = parsePublished(found.content);
    return new Map(marked.map(({ path, stamp }) => [path, stamp]));
  }

  /** Fences sessions that are not renewed any more. @returns Those that are, of all that matter. */
  async #endSessions(): Promise<string[]> {
    const { store, keys, leaseSeconds, log } = this.#options;
    const found = await store.get(`${this.#prefix}sessions`);
    const state = await listSharedState(store, keys);
    // Whoever published did not come to list them: all that there are now are more than those.
    const ids = found === undefined
      ? new Set(state.sessions.map(({ id }) => id))
      : new Set(parseSessionIds(found.content));
    const waiting: string[] = [];
    for (const { id, age } of state.sessions) {
      if (!ids.has(id)) continue;
      if (age <= leaseSeconds) {
        if (await endEarly(store, keys, id)) log(`session ${id} is ended: its process is gone`);
        else waiting.push(id);
      } else {
        log(`session ${id} gave no sign of life for ${Math.floor(age)} seconds and is ended`);
        await fenceSession(store, keys, id, state);
      }
    }
    return waiting;
  }

  async #readShards(keys: readonly string[]): Promise<SortedDigests[]> {
    const shards: SortedDigests[] = [];
    for (const key of keys) {
      const found = await this.#options.store.get(key);
      if (found === undefined) throw alreadyRuns();
      shards.push(new SortedDigests(found.content, key));
    }
    return shards;
  }

  /** Which candidates are needed after all; only once `deleting` is written. */
  async #keep(
    shards: readonly SortedDigests[],
    rescues: readonly string[],
    marked: ReadonlyMap<string, string>,
  ): Promise<Uint8Array[]> {
    const { store, files, signal } = this.#options;
    const kept = shards.map(({ count }) => new Uint8Array(count));
    const keep = (digest: Uint8Array) => {
      for (const [i, shard] of shards.entries()) {
        const at = shard.find(digest);
        if (at >= 0) kept[i]![at] = 1;
      }
    };
    for (const key of rescues) {
      const found = await store.get(key);
      if (found === undefined) throw alreadyRuns();
      for (const digest of parseDigests(found.content, key)) keep(decodeHex(digest));
    }
    await files.refreshAll();
    const unmarked = files.indexes().filter(({ path, stamp }) => marked.get(path) !== stamp);
    await forEachIndex(files, unmarked, signal, (index) => {
      for (let i = 0; i < index.chunkCount; i++) keep(index.digestAt(i));
    });
    return kept;
  }

  async #remove(
    shards: readonly SortedDigests[],
    kept: readonly Uint8Array[],
    lease: Lease,
  ): Promise<void> {
    const { store, keys, counters, signal } = this.#options;
    let batch: string[] = [];
    let bytes = 0;
    const flush = async () => {
      if (batch.length === 0) return;
      signal?.throwIfAborted();
      await store.removeAll(batch, { beforeAttempt: () => lease.check() });
      counters.removedChunks += batch.length;
      counters.removedBytes += bytes;
      [batch, bytes] = [[], 0];
    };
    for (const [i, shard] of shards.entries()) {
      for (let at = 0; at < shard.count; at++) {
        if (kept[i]![at] === 1) continue;
        batch.push(keys.chunk(shard.at(at)));
        bytes += shard.sizeAt(at);
        if (batch.length === BATCH) await flush();
      }
    }
    await flush();
  }
}

/** @throws {CorruptDataError} if it is not what a collection publishes. */
export function parsePublished(content: Uint8Array): { marked: MarkedIndex[] } {
  const value = parseJson(content) as { marked?: unknown } | null;
  const marked = value?.marked;
  const isMarked = (item: unknown): item is MarkedIndex => {
    const { path, stamp } = (item ?? {}) as Record<string, unknown>;
    return typeof path === "string" && typeof stamp === "string";
  };
  if (!Array.isArray(marked) || !marked.every(isMarked)) {
    throw new CorruptDataError("the published part of a garbage collection is damaged");
  }
  return { marked };
}

/** @throws {CorruptDataError} if it is no list of sessions. */
export function parseSessionIds(content: Uint8Array): string[] {
  const value = parseJson(content);
  if (Array.isArray(value) && value.every((id) => typeof id === "string")) return value;
  throw new CorruptDataError("the list of sessions of a garbage collection is damaged");
}

function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new CorruptDataError("a part of a garbage collection is damaged", { cause });
  }
}

/** Parts of the candidates that a writer reads by themselves. */
function* shardsOf(candidates: Uint8Array): Generator<[name: string, shard: Uint8Array]> {
  const count = candidates.length / CANDIDATE_BYTES;
  if (count === 0) return;
  if (count <= WHOLE_SHARD_CANDIDATES) {
    yield [WHOLE_SHARD, candidates];
    return;
  }
  for (let from = 0; from < count;) {
    const first = candidates[from * CANDIDATE_BYTES]!;
    let to = from;
    while (to < count && candidates[to * CANDIDATE_BYTES] === first) to++;
    const shard = candidates.subarray(from * CANDIDATE_BYTES, to * CANDIDATE_BYTES);
    yield [first.toString(16).padStart(2, "0"), shard];
    from = to;
  }
}

function alreadyRuns(): LockedError {
  return new LockedError("another garbage collection of this datastore is running");
}
