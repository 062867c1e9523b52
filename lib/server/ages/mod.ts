/**
 * *Ages* of groups: when the newest finished snapshot of each was made, without reading any file.
 *
 * @module
 */

export * from "./group_ages.ts";
export * from "./subject_of_task.ts";
