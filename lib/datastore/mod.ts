/**
 * Datastore: backups in a folder of this machine.
 *
 * A *datastore* is a folder with a *chunk store* and a tree of namespaces, groups and snapshots. The
 * chunk store keeps each *chunk* once, under its digest. *Insertion* decides between a new chunk and
 * one that is there; an existing one is *touched*: its access time says when it was last needed.
 * *Garbage collection* touches what some index refers to and deletes what was not touched for a day.
 * *Verification* reads everything and sets a corrupt chunk aside as *bad*. *Prune* chooses snapshots
 * to remove. The *process lock* keeps garbage collection away from other processes' backups, *group*,
 * *snapshot* and *manifest locks* keep runs out of each other's way (spec: datastore-formats.md §6).
 *
 * @module
 */

export { beginBackup, type BeginLocalBackup } from "./begin_backup.ts";
export type { ChunkStore, InsertedChunk, StoredChunk, SweptChunk } from "./chunk_store.ts";
export { type CreateDatastoreOptions, Datastore, type DatastoreOptions } from "./datastore.ts";
export type { SyncLevel } from "./file_chunk_store.ts";
export { changeGroupOwner, isOwner, readOwner, requireOwner } from "./group_owner.ts";
export { type ChunkInspector, LocalBackupTarget } from "./local_backup_target.ts";
export { LocalSnapshotSource } from "./local_snapshot_source.ts";
export type { FileOwner } from "./new_file_rules.ts";
export { removeSnapshot } from "./remove_snapshot.ts";
export { readManifest, updateManifest } from "./snapshot_manifest.ts";
export type { FileWriter, FolderEntry, SnapshotFiles } from "./snapshot_files.ts";
export {
  groupsOf,
  namespacesBelow,
  requireNamespace,
  requireSnapshot,
  type SnapshotContents,
  snapshotContents,
  snapshotTimesOf,
} from "./snapshot_tree.ts";
