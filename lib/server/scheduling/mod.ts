/**
 * Scheduling: starts the jobs of a server when they are due, or when somebody asks, as tasks; no job
 * runs twice at a time, whichever process runs it.
 *
 * @module
 */

export * from "./format_keep_options.ts";
export type * from "./job_host.ts";
export * from "./job_scheduler.ts";
export * from "./prune_namespaces.ts";
export * from "./standalone_jobs.ts";
export * from "./start_job.ts";
export * from "./synchronize.ts";
