import { setTimeout as delay } from "node:timers/promises";
import { encodeHex } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import { joinDigests, SortedDigests } from "./_digest_list.ts";
import type { SharedKeys } from "./_keys.ts";
import { putOnce, textOf } from "./_put_once.ts";
import type { WriterSession } from "./_session.ts";
import { listCollection, type SeenCollection, type SharedState } from "./_state.ts";

/** Pauses between two looks at a collection that deletes. */
const POLL_MS = 2000;
/** Name of the shard of a collection with few candidates. */
export const WHOLE_SHARD = "all";

/** Parts that a look at candidates works with. */
export interface CandidateOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly session: WriterSession;
  readonly leaseSeconds: number;
  readonly pollMs?: number | undefined;
}

/**
 * The chunks that a collection is going to delete, as a writer has to know them that began after they were
 * published (docs/internals/shared-bucket.md "Candidates").
 */
export class Candidates {
  readonly #options: CandidateOptions;
  readonly #collection: SeenCollection | undefined;
  readonly #shards = new Map<string, Promise<SortedDigests>>();
  #notes = 0;

  /** @param state As it was seen after the session began. */
  constructor(options: CandidateOptions, { collections }: Pick<SharedState, "collections">) {
    this.#options = options;
    const newest = collections.at(-1);
    this.#collection = newest?.isPublished && !newest.isDone ? newest : undefined;
  }

  /** Whether a chunk may not be relied on as it is. */
  async has(digest: Uint8Array): Promise<boolean> {
    const shard = this.#shardOf(digest);
    return shard !== undefined && (await this.#read(shard)).has(digest);
  }

  /**
   * Makes sure that what is stored from here on stays. Where the chunks are being deleted already, waits
   * until that is over.
   *
   * @returns Whether nothing was deleted before: what is in the store stays as well.
   */
  async rescue(digests: readonly Uint8Array[]): Promise<boolean> {
    const { store, keys, session } = this.#options;
    const { number } = this.#collection!;
    const prefix = keys.collection(number);
    const key = `${prefix}rescued/${session.id}-${this.#notes++}`;
    await store.put(key, joinDigests(digests));
    // Only now: either the collector reads the note, or it is seen here that it deletes.
    const deleting = await store.get(`${prefix}deleting`);
    // In this order: `published` is cleared away first.
    const published = await store.get(`${prefix}published`);
    if (deleting === undefined && published !== undefined) return true;
    await this.#waitForDone(number);
    return false;
  }

  /** Those of some digests that may not be relied on. */
  async among(digests: Iterable<Uint8Array>): Promise<Uint8Array[]> {
    const found = new Map<string, Uint8Array>();
    if (this.#collection === undefined) return [];
    for (const digest of digests) {
      if (await this.has(digest)) found.set(encodeHex(digest), digest.slice());
    }
    return [...found.values()];
  }

  #shardOf(digest: Uint8Array): string | undefined {
    const { shards = [], number = 0 } = this.#collection ?? {};
    const prefix = `${this.#options.keys.collection(number)}candidates/`;
    const own = prefix + encodeHex(digest.subarray(0, 1));
    return shards.find((key) => key === own || key === prefix + WHOLE_SHARD);
  }

  async #read(shard: string): Promise<SortedDigests> {
    const known = this.#shards.get(shard);
    if (known !== undefined) return await known;
    const reading = this.#fetch(shard);
    this.#shards.set(shard, reading);
    return await reading;
  }

  async #fetch(shard: string): Promise<SortedDigests> {
    const found = await this.#options.store.get(shard);
    // Cleared away: the collection is over. All that was among them has to count as gone.
    if (found !== undefined) return new SortedDigests(found.content, shard);
    throw new PbsError(
      `the candidates of a garbage collection were removed before they could be read ("${shard}"): run it again`,
    );
  }

  async #waitForDone(number: number): Promise<void> {
    const { store, keys, session, leaseSeconds, pollMs = POLL_MS } = this.#options;
    for (;;) {
      session.check();
      const collection = await listCollection(store, keys, number);
      if (collection === undefined || collection.isDone || !collection.isPublished) return;
      if (collection.leaseAge > leaseSeconds) {
        // Its collector is dead, and what it has sent has come or will never come.
        await putOnce(store, `${keys.collection(number)}done`, textOf({ by: session.id }));
        return;
      }
      await delay(pollMs);
    }
  }
}
