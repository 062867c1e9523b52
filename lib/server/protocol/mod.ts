/**
 * Upgraded connections: the backup and the reader protocol (spec: protocol.md §4, §5, §6).
 *
 * @module
 */

export * from "./backup_upgrade.ts";
export * from "./connection_downloads.ts";
export * from "./reader_upgrade.ts";
