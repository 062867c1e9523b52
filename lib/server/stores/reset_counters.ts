import type { BucketBackend } from "../config/mod.ts";
import type { StoreHost } from "./store_host.ts";

/**
 * Counts the requests of the datastores in a bucket anew.
 *
 * @param place The S3 endpoint and the bucket.
 * @param store Only of this datastore.
 * @throws {NotFoundError} if there is no such endpoint.
 */
export async function resetCounters(
  { administration, endpoints, statistics }: Pick<
    StoreHost,
    "administration" | "endpoints" | "statistics"
  >,
  { client, bucket }: Pick<BucketBackend, "client" | "bucket">,
  store?: string,
): Promise<void> {
  await endpoints.find(client);
  for (const { name, backend } of (await administration.list()).datastores) {
    if (backend?.client !== client || backend.bucket !== bucket) continue;
    if (store !== undefined && store !== name) continue;
    await statistics.reset({ client, bucket, store: name });
  }
}
