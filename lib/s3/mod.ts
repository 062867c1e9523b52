/**
 * Objects of a bucket in an object store: reading, writing and listing them by their keys
 * (spec: s3-datastore.md §11).
 *
 * An *object store* has *buckets*, a bucket *objects* with unique *keys*. An *endpoint* is how the
 * store is reached, and as whom. A *quirk* is what a server does not do as it should. Requests are
 * signed, sent over a bounded number of connections, and repeated after failures that may pass; what
 * does not pass is one line that names the bucket and the way out, and never a secret.
 *
 * @module
 */

export * from "./bucket_options.ts";
export * from "./check_bucket.ts";
export * from "./list_buckets.ts";
export * from "./open_bucket.ts";
export * from "./request_counts.ts";
export type { S3Bucket } from "./s3_bucket.ts";
export type {
  ListedObject,
  ListedPage,
  ObjectStart,
  ObjectStore,
  PutObject,
  ReadObject,
  RemoveObjects,
} from "./object_store.ts";
