/**
 * *Statistics*: how many requests each datastore in a bucket has made, and how many bytes they moved.
 *
 * @module
 */

export * from "./counted_bucket.ts";
export * from "./request_statistics.ts";
