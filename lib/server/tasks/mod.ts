/**
 * A *task* is long work, known by its UPID, with a log of its own; the *registry* knows all of them.
 *
 * @module
 */

export * from "./task.ts";
export * from "./task_registry.ts";
