/**
 * *S3 endpoints*: how object stores are reached, and as whom. A datastore whose backend is a bucket names
 * one (spec: s3-datastore.md §2).
 *
 * @module
 */

export * from "./bucket_options.ts";
export * from "./endpoint_properties.ts";
export * from "./s3_endpoint.ts";
export * from "./s3_endpoints.ts";
