import { openBucket } from "../../../lib/s3/mod.ts";
import type { S3Server } from "./s3_server.ts";

/** Id of the S3 endpoint of {@linkcode endpointOf}. */
const ENDPOINT = "there";

/** Properties of an S3 endpoint `there` of `serve` for a server of the harness. */
export function endpointOf({ options }: S3Server): Readonly<Record<string, unknown>> {
  return {
    "id": ENDPOINT,
    "endpoint": options.endpoint,
    "port": options.port,
    "access-key": options.accessKey,
    "secret-key": options.secretKey,
    "fingerprint": options.fingerprint,
    "path-style": true,
  };
}

/**
 * Properties of a datastore of `serve` in its bucket.
 *
 * @param path Folder of the cache.
 */
export function datastoreOf(
  s3: S3Server,
  name: string,
  path: string,
  maxCacheSize = "64MiB",
): Readonly<Record<string, string>> {
  return {
    name,
    path,
    "backend":
      `type=s3,client=${ENDPOINT},bucket=${s3.options.bucket},max-cache-size=${maxCacheSize}`,
    "tuning": "sync-level=none,gc-atime-cutoff=1",
  };
}

/** Lets the chunk folders of a new cache be made when they are needed: nobody is to make all 65536 in a test. */
export async function leaveFoldersOut(cache: string): Promise<void> {
  await Deno.remove(`${cache}/.chunks.incomplete`);
}

/** Keys below a prefix of the bucket, in their order. */
export async function bucketKeys(s3: S3Server, prefix: string): Promise<string[]> {
  await using bucket = openBucket(s3.options);
  const keys: string[] = [];
  for await (const { objects } of bucket.list(prefix)) keys.push(...objects.map(({ key }) => key));
  return keys;
}
