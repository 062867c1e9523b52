/**
 * Repository: where backups are kept, and the two seams through which a run uses it.
 *
 * A *repository* is a datastore of a server or a datastore directory. A *group* collects the
 * *snapshots* of one host, container or guest; a *namespace* holds groups and further namespaces. A
 * {@linkcode BackupTarget} is the snapshot a backup writes, a {@linkcode SnapshotSource} the one a
 * restore reads. The files of a snapshot are *archives*, whose *name* has a *client* form (`root.pxar`)
 * and a *server* form (`root.pxar.didx`), and others with a fixed name. Each seam has a local form (room `datastore`) and a remote one (room `remote`).
 *
 * @module
 */

export * from "./archive_name.ts";
export type * from "./backup_target.ts";
export * from "./backup_time.ts";
export * from "./chunk_list.ts";
export * from "./crypt_mode.ts";
export type * from "./elsewhere.ts";
export * from "./find_snapshot.ts";
export * from "./is_transient_error.ts";
export type * from "./measured_transfer.ts";
export * from "./namespace.ts";
export type * from "./placed_snapshot.ts";
export type * from "./repair_target.ts";
export type * from "./repository.ts";
export type * from "./repository_tasks.ts";
export * from "./snapshot_exists_error.ts";
export * from "./snapshot_file_names.ts";
export * from "./snapshot_path.ts";
export type * from "./snapshot_source.ts";
export * from "./task_failure.ts";
export * from "./upid.ts";
export * from "./wait_for_lock.ts";
export * from "./with_lock_wait.ts";
export * from "./older_snapshot_error.ts";
export type * from "./work_requests.ts";
export * from "./parse_repository.ts";
export {
  checkRealm,
  isAuthIdText,
  isSafeName,
  isServerName,
  vsockCidOf,
} from "./parse_repository_rules.ts";
