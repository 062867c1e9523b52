import type { BucketOptions } from "./bucket_options.ts";
import { S3Bucket } from "./s3_bucket.ts";

/**
 * Opens a bucket. Nothing is asked yet: {@linkcode S3Bucket.checkAccess} finds out whether it is there.
 *
 * @throws {UsageError} if the options make no sense.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * await using bucket = openBucket({
 *   endpoint: "{{bucket}}.s3.{{region}}.example.com",
 *   region: "eu-1",
 *   bucket: "backups",
 *   accessKey: "AKEXAMPLE",
 *   secretKey: "a secret",
 * });
 * assertEquals(bucket.displayName, "s3:https://backups.s3.eu-1.example.com/backups");
 * ```
 */
export function openBucket(options: BucketOptions): S3Bucket {
  return new S3Bucket(options);
}
