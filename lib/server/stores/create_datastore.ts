import { Datastore } from "../../datastore/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { type BucketBackend, checkDatastoreConfig, parseBackend } from "../config/mod.ts";
import { createBucketStore, isRefreshPending } from "./bucket_store.ts";
import type { NewDatastore } from "./new_datastore.ts";
import { requireUnused } from "./remove_datastore.ts";
import type { StoreHost, StoreWork } from "./store_host.ts";

/**
 * Looks whether a datastore can be created, as far as that shows without making anything.
 *
 * @throws {ConflictError} if its name or path is taken.
 * @throws {UsageError} if a property is wrong.
 */
export async function checkNewDatastore(host: StoreHost, wanted: NewDatastore): Promise<void> {
  const path = wanted.properties["path"] ?? "";
  checkDatastoreConfig(wanted.name, path);
  await host.administration.checkNew(wanted.name, path);
  const backend = parseBackend(wanted.properties["backend"] ?? "filesystem");
  if (backend !== undefined) await host.endpoints.find(backend.client);
  else if (wanted.overwriteInUse) {
    throw new UsageError("only a datastore in a bucket can overwrite that it is in use");
  } else if (!wanted.reuse) Datastore.checkCreatable(path);
}

/**
 * Creates a datastore in a folder or a bucket, or takes one over, and writes it into the configuration
 * (spec: s3-datastore.md §10).
 *
 * @throws {ConflictError} if something is in the way.
 */
export async function createDatastore(
  host: StoreHost,
  wanted: NewDatastore,
  work: StoreWork,
): Promise<void> {
  await checkNewDatastore(host, wanted);
  requireUnused(host, wanted.name, work);
  const { name, properties, reuse } = wanted;
  const backend = parseBackend(properties["backend"] ?? "filesystem");
  if (backend === undefined) {
    createInFolder(properties["path"]!, reuse, work);
    await host.administration.create(name, properties);
    return await host.refresh();
  }
  await createInBucket(host, wanted, backend, work);
  await host.administration.create(name, properties, endpointStays(host, backend));
  await host.refresh();
}

/**
 * The datastore in its bucket. Where it was claimed and its cache could not be made anew, it is configured all
 * the same: it can be refreshed again, and nothing else until then.
 */
async function createInBucket(
  host: StoreHost,
  wanted: NewDatastore,
  backend: BucketBackend,
  work: StoreWork,
): Promise<void> {
  const path = wanted.properties["path"]!;
  const wasPending = isRefreshPending(path);
  try {
    await createBucketStore(host, wanted, backend, work);
  } catch (error) {
    if (wasPending || !isRefreshPending(path)) throw error;
    const properties = { ...wanted.properties, "maintenance-mode": "s3-refresh" };
    await host.administration.create(wanted.name, properties, endpointStays(host, backend));
    await host.refresh();
    throw error;
  }
}

function endpointStays({ endpoints }: StoreHost, { client }: BucketBackend): () => Promise<void> {
  return async () => void await endpoints.find(client);
}

/** Its chunk folders are made beside everything else while it is served. */
function createInFolder(path: string, reuse: boolean, { log }: StoreWork): void {
  using datastore = reuse ? Datastore.open(path) : Datastore.create(path);
  for (const note of datastore.newFileRules?.takeNotes() ?? []) log(note, true);
}
