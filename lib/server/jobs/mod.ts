/**
 * *Jobs*: work that a server does by itself, by a *schedule*. A job of one of the *kinds* `prune`,
 * `sync` and `verify` is a section of a file of its own; the *collection* of a datastore's garbage is a property of
 * the datastore. The *state* of a job is when it last ran and how that ended.
 *
 * @module
 */

export * from "./job.ts";
export * from "./job_kinds.ts";
export type * from "./job_properties.ts";
export type { StoredJob } from "./parse_jobs.ts";
export * from "./job_members.ts";
export * from "./job_files.ts";
export { JOB_ID } from "./job_schemas.ts";
export * from "./sync_places.ts";
export { SYNC_PARAMETERS } from "./sync_job_properties.ts";
export * from "./job_states.ts";
export * from "./server_jobs.ts";
