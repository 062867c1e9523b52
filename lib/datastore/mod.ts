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
export {
  type CheckedChunk,
  type ChunkChecker,
  createChunkChecker,
  createNativeChunkChecker,
  createPlainChunkChecker,
  type ReadBlob,
} from "./chunk_checker.ts";
export {
  type ChunkFolderCompletion,
  type ChunkFolderProgress,
  ChunkFolders,
} from "./chunk_folders.ts";
export { type ChunkLook, lookAtChunk } from "./chunk_look.ts";
export type {
  ChunkStore,
  InsertChunk,
  InsertedChunk,
  SeenChunk,
  Soon,
  StoredChunk,
  SweepLimits,
  SweptChunk,
  SweptFolder,
} from "./chunk_store.ts";
export {
  type ChunkVerdict,
  ChunkVerification,
  type ChunkVerificationOptions,
  type FoundBadChunk,
} from "./chunk_verification.ts";
export { collectGarbage } from "./collect_garbage.ts";
export type { CollectGarbageOptions } from "./collect_garbage_options.ts";
export { destroyDatastore, type DestructionOptions } from "./destroy_datastore.ts";
export { DigestTable } from "./digest_table.ts";
export {
  createDatastoreFolder,
  type CreateDatastoreOptions,
  Datastore,
  type DatastoreOptions,
  type DatastoreParts,
  type FolderParts,
  openDatastoreFolder,
  type OpenedDatastore,
} from "./datastore.ts";
export { BadChunks, type BadFor } from "./bad_chunks.ts";
export { DatastoreGroup } from "./datastore_group.ts";
export { DatastoreSnapshot } from "./datastore_snapshot.ts";
export { FileChunkStore, type SyncLevel } from "./file_chunk_store.ts";
export { FileSnapshotFiles } from "./file_snapshot_files.ts";
export {
  formatGcProgress,
  type GcProgress,
  GcProgressFile,
  parseGcProgress,
} from "./gc_progress.ts";
export {
  formatGcStatus,
  type GcCounters,
  type GcStatus,
  newGcCounters,
  readGcStatus,
} from "./gc_status.ts";
export { readGroupNotes, writeGroupNotes } from "./group_notes.ts";
export { changeGroupOwner, isOwner, readOwner, requireOwner } from "./group_owner.ts";
export { checkArchiveFileName, namespaceFolder, typeFolder } from "./layout.ts";
export { listFiles, listGroups, listSnapshots } from "./listing.ts";
export { type ChunkInspector, LocalBackupTarget } from "./local_backup_target.ts";
export { LocalPeriods, type Period } from "./local_period.ts";
export {
  type ChunkFolderObserver,
  LocalRepository,
  type LocalRepositoryOptions,
} from "./local_repository.ts";
export { LocalSnapshotSource } from "./local_snapshot_source.ts";
export { isDue, verifiedAt } from "./is_due.ts";
export { localUpid } from "./local_upid.ts";
export { measureStorage } from "./measure_storage.ts";
export { moveGroup, type MoveGroupOptions } from "./move_group.ts";
export { moveNamespace, type MoveNamespaceOptions } from "./move_namespace.ts";
export { createNamespace, deleteNamespace, listNamespaces } from "./namespaces.ts";
export type { DatastoreLocks, HeldLock } from "./lock_folder.ts";
export { type FileOwner, NewFileRules } from "./new_file_rules.ts";
export type { HeldProcessLock, WriterLock } from "./process_lock.ts";
export { pruneGroup } from "./prune_group.ts";
export { readIndex } from "./read_index.ts";
export { CHUNKS_FOLDER, MAINTENANCE_FOLDER, OWNER_FILE } from "./format.ts";
export { forgetGroup, removeGroup } from "./remove_group.ts";
export { ProtectedSnapshotError } from "./protected_snapshot_error.ts";
export { removeSnapshot } from "./remove_snapshot.ts";
export { decideRetention, type RetentionMark, type RetentionSnapshot } from "./retention.ts";
export type {
  DifferingFile,
  FileWriter,
  FolderEntry,
  SnapshotFiles,
  WriteWatch,
} from "./snapshot_files.ts";
export { isProtected, setProtected, uploadLog } from "./snapshot_flags.ts";
export { readManifest, updateManifest } from "./snapshot_manifest.ts";
export {
  groupsOf,
  namespacesBelow,
  requireNamespace,
  requireSnapshot,
  type SnapshotContents,
  snapshotContents,
  snapshotsOf,
} from "./snapshot_tree.ts";
export { verify, verifySnapshots } from "./verify.ts";
export type { SnapshotVerdict, VerifyOptions, VerifyReport } from "./verify_options.ts";
export type { VerifyPlace } from "./verify_place.ts";
