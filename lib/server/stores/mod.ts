/**
 * *Datastores as a whole*: creating, taking over, refreshing and removing them, in a folder or a bucket
 * (spec: s3-datastore.md §10).
 *
 * @module
 */

export * from "./check_endpoint.ts";
export * from "./create_datastore.ts";
export type * from "./new_datastore.ts";
export * from "./refresh_datastore.ts";
export * from "./remove_datastore.ts";
export * from "./reset_counters.ts";
export * from "./standalone_stores.ts";
export * from "./store_host.ts";
