import { ConflictError, UsageError } from "../../errors/mod.ts";
import type { DatastoreConfig } from "../config/mod.ts";
import { refreshBucketStore } from "./bucket_store.ts";
import type { StoreHost, StoreWork } from "./store_host.ts";

/** Tasks that do not end by waiting for them, as they would wait for this one. */
const RIVALS: ReadonlySet<string> = new Set(["s3-refresh", "create-datastore", "delete-datastore"]);

/**
 * Brings the local cache of a datastore in a bucket up to what the bucket has. All but that is refused
 * meanwhile, and afterwards if it failed (spec: s3-datastore.md §10.4).
 *
 * @param uploadLost Whether what the bucket has lost is brought back from the cache first.
 * @throws {UsageError} if the datastore is in no bucket.
 */
export async function refreshDatastore(
  host: StoreHost,
  name: string,
  work: StoreWork,
  uploadLost = false,
): Promise<void> {
  const { backend, ...config } = await host.administration.find(name);
  if (backend === undefined) throw notInBucket(name);
  const rival = host.activeTasks(name, work.id).find(({ workerType }) => RIVALS.has(workerType));
  if (rival !== undefined) {
    throw new ConflictError(`datastore '${name}' is in use: "${rival.workerType}" is running`);
  }
  await host.administration.setMaintenance(name, { type: "s3-refresh", message: "" });
  await host.refresh();
  await waitForOthers(host, name, work);
  await refreshBucketStore(host, { ...config, backend }, work, uploadLost);
  await host.administration.setMaintenance(name, undefined);
  await host.refresh();
}

/** @throws {UsageError} if a datastore is in no bucket. */
export function requireBucket({ name, backend }: DatastoreConfig): void {
  if (backend === undefined) throw notInBucket(name);
}

function notInBucket(name: string): UsageError {
  return new UsageError(`datastore '${name}' is in no bucket: there is nothing to refresh`);
}

async function waitForOthers(host: StoreHost, name: string, work: StoreWork): Promise<void> {
  const stopped = new Promise<never>((_, reject) => {
    work.signal.addEventListener("abort", () => reject(work.signal.reason), { once: true });
  });
  stopped.catch(() => {});
  for (let told = false;;) {
    work.signal.throwIfAborted();
    const others = host.activeTasks(name, work.id);
    if (others.length === 0) return;
    if (!told) work.log(`waiting for ${others.length} tasks that use the datastore`);
    told = true;
    await Promise.race([Promise.all(others.map(({ ended }) => ended)), stopped]);
  }
}
