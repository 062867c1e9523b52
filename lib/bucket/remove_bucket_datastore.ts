import type { TaskLog } from "../repository/mod.ts";
import { OWN_NAMES, removeTrees, TREES } from "./_cache_folder.ts";
import { BucketKeys } from "./bucket_keys.ts";
import type { BucketPlace } from "./bucket_place.ts";

/** How to remove a datastore. */
export interface RemoveBucketDatastore {
  /** Whether its data is deleted, in the bucket and in the cache. Default false. */
  readonly destroyData?: boolean;
  readonly log?: TaskLog;
}

/**
 * Gives a datastore in a bucket up (spec: s3-datastore.md §10.3). Nobody may have it open. With its data kept
 * it can be re-used afterwards, here or elsewhere; the cache stays as it is.
 */
export async function removeBucketDatastore(
  { objects, name, cachePath }: BucketPlace,
  { destroyData = false, log = () => {} }: RemoveBucketDatastore = {},
): Promise<void> {
  const keys = new BucketKeys(name);
  if (!destroyData) return await objects.remove(keys.inUse);
  await removeTrees(cachePath, TREES);
  let removed = 0;
  for (;;) {
    // From the start each time: no server need keep its place in a listing of what is being deleted.
    const page = await firstPage(objects, keys.all);
    if (page.length === 0) break;
    await objects.removeAll(page);
    removed += page.length;
    log(`removed ${removed} objects`);
  }
  await removeTrees(cachePath, OWN_NAMES);
  try {
    await Deno.remove(cachePath);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    // Something in it is not ours.
    log(`WARN: the folder "${cachePath}" stays, it is not empty`, true);
  }
}

async function firstPage(objects: BucketPlace["objects"], prefix: string): Promise<string[]> {
  for await (const page of objects.list(prefix)) {
    const found = page.objects.map(({ key }) => key).filter((key) => key.startsWith(prefix));
    if (found.length > 0) return found;
  }
  return [];
}
