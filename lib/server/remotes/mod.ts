/**
 * *Remotes*: other servers that this one pulls snapshots from and pushes them to. A remote is a section of
 * a file of its own, with the user or API token that is used there and its secret, which no list shows.
 *
 * @module
 */

export * from "./open_remote.ts";
export * from "./remote_config.ts";
export * from "./remote_file.ts";
export * from "./remote_members.ts";
export * from "./remote_schemas.ts";
