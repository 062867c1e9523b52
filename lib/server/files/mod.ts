/**
 * Files of the server folder: replaced in one step, readable for nobody else, and locked for a change.
 *
 * @module
 */

export * from "./folder_lock.ts";
export * from "./private_file.ts";
