/**
 * Looking into the archives of a snapshot: a *walk* finds entries, a folder comes as tar or zip.
 *
 * @module
 */

export * from "./archive_walk.ts";
export * from "./browse_path.ts";
export * from "./stored_archive.ts";
export * from "./tar_folder.ts";
export * from "./zip_folder.ts";
