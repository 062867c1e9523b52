/**
 * *Jobs*: work that a server does by itself, by a *schedule*. A job of one of the *kinds* `prune` and
 * `verify` is a section of a file of its own; the *collection* of a datastore's garbage is a property of
 * the datastore. The *state* of a job is when it last ran and how that ended.
 *
 * @module
 */

export * from "./job.ts";
export * from "./job_kinds.ts";
export * from "./job_members.ts";
export * from "./job_files.ts";
export * from "./job_states.ts";
export * from "./server_jobs.ts";
