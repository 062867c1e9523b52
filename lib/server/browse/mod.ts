/**
 * Looking into the archives of a snapshot that a server stores.
 *
 * @module
 */

export * from "./browse_path.ts";
export * from "./stored_archive.ts";
