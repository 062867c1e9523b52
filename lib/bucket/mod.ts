/**
 * Datastores whose data is in a bucket of an object store, laid out as servers of Proxmox lay them out
 * (spec: s3-datastore.md), with a cache in a folder of this machine.
 *
 * The *cache* looks like a datastore: a complete copy of everything but the chunks, and for each chunk that is
 * known to be in the bucket a file, which is the chunk or an empty *marker*. The bucket says what there is, the
 * cache when it was last used. A *refresh* makes the copy anew. Only one machine may use a datastore in a bucket;
 * the object `.in-use` says which one.
 *
 * @module
 */

export {
  BucketDatastore,
  type BucketDatastoreOptions,
  type CreateBucketDatastore,
} from "./bucket_datastore.ts";
export { BucketKeys, type ChunkKey } from "./bucket_keys.ts";
export type { BucketPlace } from "./bucket_place.ts";
export type { ChunkPage, ListedChunk } from "./chunk_page.ts";
export { formatInUseMarker, type InUseMarker, parseInUseMarker } from "./in_use_marker.ts";
export { type ListChunkPages, listChunkPages, prefixDigits } from "./list_chunk_pages.ts";
export { type RemoveBucketDatastore, removeBucketDatastore } from "./remove_bucket_datastore.ts";
export type { RefreshOptions, RefreshResult } from "./_refresh_cache.ts";
