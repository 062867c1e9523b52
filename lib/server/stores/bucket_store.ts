import { BucketDatastore, type BucketPlace, removeBucketDatastore } from "../../bucket/mod.ts";
import { openDatastoreFolder } from "../../datastore/mod.ts";
import { LockedError, NotFoundError } from "../../errors/mod.ts";
import type { BucketBackend, DatastoreConfig } from "../config/mod.ts";
import { bucketOptions } from "../endpoints/mod.ts";
import { CountedBucket } from "../statistics/mod.ts";
import type { NewDatastore } from "./new_datastore.ts";
import type { StoreHost, StoreWork } from "./store_host.ts";

/** A datastore in a bucket, as far as it is configured. */
type StorePlace = Pick<DatastoreConfig, "name" | "path"> & { readonly backend: BucketBackend };

/**
 * Makes the datastore of a bucket, or takes it over with a refreshed cache.
 *
 * @throws {ConflictError} if somebody uses it, or there is data that is not to be re-used.
 */
export async function createBucketStore(
  host: StoreHost,
  wanted: NewDatastore,
  backend: BucketBackend,
  { log, signal }: StoreWork,
): Promise<void> {
  const { name, properties, reuse, overwriteInUse } = wanted;
  const place = { name, path: properties["path"]!, backend };
  await withPlace(host, place, async (objects, bucket) => {
    await bucket.objects.checkAccess();
    const options = {
      hostname: Deno.hostname(),
      overwriteInUse,
      gcAccessTimeCheck: properties["gc-atime-safety-check"] !== "false",
      ...sizeOf(backend),
    };
    await using _opened = reuse
      ? await BucketDatastore.reuse(objects, { ...options, log, signal })
      : await BucketDatastore.create(objects, options);
  });
}

/** Whether a cache may lack what is in the bucket. */
export function isRefreshPending(path: string): boolean {
  try {
    return Deno.lstatSync(`${path}/.refresh-pending`).isFile;
  } catch {
    return false;
  }
}

/**
 * Fetches all but the chunks from the bucket anew.
 *
 * @param uploadLost Whether what the bucket has lost is brought back from the cache first.
 * @throws {LockedError} if somebody writes.
 */
export async function refreshBucketStore(
  host: StoreHost,
  config: StorePlace,
  { log, signal }: StoreWork,
  uploadLost: boolean,
): Promise<void> {
  await withPlace(host, config, async (place) => {
    await using opened = BucketDatastore.open(place, sizeOf(config.backend));
    await opened.refresh({ log, signal, uploadLost });
  });
}

/**
 * Gives the datastore of a bucket up, or destroys it.
 *
 * @throws {LockedError} if somebody writes to it.
 */
export async function removeBucketStore(
  host: StoreHost,
  config: StorePlace,
  destroyData: boolean,
  { log }: StoreWork,
): Promise<void> {
  using _lock = await lockCache(config.path);
  await withPlace(host, config, (place) => removeBucketDatastore(place, { destroyData, log }));
}

/** Keeps writers away; nothing if there is no cache any more. */
async function lockCache(path: string): Promise<Disposable | undefined> {
  let folder: ReturnType<typeof openDatastoreFolder>;
  try {
    folder = openDatastoreFolder(path, {});
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
  const { processLock, chunks } = folder;
  chunks[Symbol.dispose]();
  if (processLock.oldestWriter() !== undefined) {
    throw new LockedError(`datastore "${path}" is locked: it is being written to`);
  }
  return await processLock.acquireExclusive();
}

/** Opens the bucket of a datastore, and counts what is asked of it. */
async function withPlace(
  { endpoints, limits, statistics }: StoreHost,
  { name, path, backend }: StorePlace,
  work: (place: BucketPlace, bucket: CountedBucket) => Promise<void>,
): Promise<void> {
  const endpoint = await endpoints.find(backend.client);
  const counted = { ...backend, store: name };
  const options = bucketOptions(endpoint, backend.bucket, limits);
  await using bucket = new CountedBucket(options, counted);
  try {
    await work({ objects: bucket.objects, name, cachePath: path }, bucket);
  } finally {
    await bucket.count(statistics);
  }
}

function sizeOf({ maxCacheBytes }: BucketBackend): { readonly maxCacheBytes?: number } {
  return maxCacheBytes === undefined ? {} : { maxCacheBytes };
}
