import type { ObjectStore } from "../s3/mod.ts";

/** A datastore in a bucket, there or not, and the folder of its cache. */
export interface BucketPlace {
  /** The bucket; belongs to the datastore once that is opened. */
  readonly objects: ObjectStore;
  /** Name of the datastore, with which all keys begin. */
  readonly name: string;
  /** Absolute path of the cache: complete copies of all but the chunks, and what is known of those. */
  readonly cachePath: string;
}
