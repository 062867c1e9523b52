/**
 * Shared bucket: a datastore in an object store without a server, which several machines write to
 * (docs/internals/shared-bucket.md).
 *
 * A *session* is a sign of life of somebody who writes; it is *fenced* when it gave none for the time of
 * a *lease*, and a *decision* says whether it came to *commit* a snapshot before that. *Candidates* are
 * chunks that a *collection* has found unused and published; a writer *rescues* those that it needs.
 * A *claim* is a lock that is visible to others.
 *
 * @module
 */

export { type BucketRepositoryOptions, openBucketRepository } from "./open_bucket_repository.ts";
export { DEFAULT_LEASE_SECONDS, parsePrefixOwner, type PrefixOwner } from "./prefix_owner.ts";
export {
  type OpenedSharedDatastore,
  openSharedDatastore,
  type SharedDatastoreOptions,
} from "./shared_datastore.ts";
