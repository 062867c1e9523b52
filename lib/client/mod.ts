/**
 * Client: the face of the library, with a default for everything.
 *
 * A *backup repository* is opened by name; it makes *stored snapshots* and finds them again; a
 * *stored archive* of one lists, reads and restores.
 *
 * @module
 */

export type { ArchiveEntry, ArchiveEntryKind } from "./archive_entry.ts";
export type { BackupEvent, BackupOptions } from "./backup_options.ts";
export { BackupRepository } from "./backup_repository.ts";
export type { LeaveOutOptions } from "./leave_out_options.ts";
export type { EncryptionOptions } from "./client_key.ts";
export { type OpenOptions, openRepository } from "./open_repository.ts";
export type { RestoreOptions } from "./restore_options.ts";
export { StoredArchive } from "./stored_archive.ts";
export { StoredSnapshot } from "./stored_snapshot.ts";
