import { Datastore, type DatastoreOptions } from "../datastore/mod.ts";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import { isSafeName, type StorageStatus } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import { BucketChunks } from "./_bucket_chunks.ts";
import { BucketFiles } from "./_bucket_files.ts";
import { collectSharedGarbage } from "./_collect.ts";
import { countUsed } from "./_count_used.ts";
import { SharedKeys } from "./_keys.ts";
import { SharedLocks } from "./_locks.ts";
import { listStoredSizes } from "./_stored_sizes.ts";
import { Writers } from "./_writers.ts";
import { createPrefix, findPrefixOwner } from "./prefix_owner.ts";

/** How to open a datastore in a bucket. */
export interface SharedDatastoreOptions extends DatastoreOptions {
  /** Creates it if there is none. */
  readonly create?: boolean;
  /** Lease of a datastore that is created, seconds. Default half an hour. */
  readonly leaseSeconds?: number;
  /** Pauses of waits for others, milliseconds. Default 2000 for a collection, 400 for locks. */
  readonly pollMs?: number;
}

/** A datastore that was opened, or created. */
export interface OpenedSharedDatastore {
  readonly datastore: Datastore;
  readonly isNew: boolean;
}

/**
 * Opens a datastore in a bucket, without a server. Reading needs no right to write; writing is refused
 * where a server owns the prefix.
 *
 * @param store Is closed with the datastore.
 * @param name Name of the datastore, with which all its keys begin.
 * @throws {NotFoundError} if there is none and it is not to be created.
 */
export async function openSharedDatastore(
  store: ObjectStore,
  name: string,
  options: SharedDatastoreOptions = {},
): Promise<OpenedSharedDatastore> {
  if (!isSafeName(name)) throw new UsageError(`"${name}" cannot be the name of a datastore`);
  const keys = new SharedKeys(name);
  const isNew = options.create === true && await createPrefix(store, keys, options.leaseSeconds);
  const owner = await findPrefixOwner(store, keys);
  if (owner === undefined) {
    throw new NotFoundError(
      `there is no datastore "${name}" in ${store.displayName}; a backup with --init creates it`,
    );
  }
  const { leaseSeconds } = owner;
  // Each needs the other one: files are listed anew for every session.
  const files: BucketFiles = new BucketFiles({ store, keys, writers: () => writers });
  const writers: Writers = new Writers({
    ...{ store, keys, leaseSeconds, pollMs: options.pollMs },
    onBegin: () => files.refreshAll(),
  });
  await files.refreshAll();
  const refresh = (folder: string) => files.refresh(folder);
  const retryMs = options.pollMs;
  const locks = new SharedLocks({ store, keys, writers, leaseSeconds, refresh, retryMs });
  const join = async () => {
    const joined = await writers.join();
    const startTime = Math.floor(Date.now() / 1000);
    return { startTime, [Symbol.dispose]: () => joined[Symbol.dispose]() };
  };
  const datastore = new Datastore({
    path: `${store.displayName}/${name}`,
    options: { ...options, syncLevel: "filesystem" },
    chunks: new BucketChunks({ store, keys, writers }),
    files,
    locks,
    processLock: {
      acquireShared: join,
      acquireMove: join,
      acquireExclusive: () =>
        Promise.reject(new TypeError("a shared bucket is never held exclusively")),
      oldestWriter: () => undefined,
    },
    collector: (collect) =>
      collectSharedGarbage({ store, keys, files, leaseSeconds }, {
        ...collect,
        cutoffSeconds: collect.cutoffSeconds ?? options.gcCutoffSeconds,
      }),
    space: () => Promise.resolve(NO_LIMITS),
    countUsed: () => countUsed(store, keys),
    listStoredSizes: (onChunk) => listStoredSizes(store, keys, onChunk),
    close: async () => {
      await locks.settle();
      await writers[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  });
  return { datastore, isNew };
}

/** Nobody tells how much room a bucket has. */
const NO_LIMITS: StorageStatus = { total: 0, used: 0, avail: 0, backendType: "s3" };
