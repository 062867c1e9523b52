/**
 * Repository: where backups are kept, and the two seams through which a run uses it.
 *
 * A *repository* is a datastore of a server or a datastore directory. A *group* collects the
 * *snapshots* of one host, container or guest; a *namespace* holds groups and further namespaces. A
 * {@linkcode BackupTarget} is the snapshot a backup writes, a {@linkcode SnapshotSource} the one a
 * restore reads. Each has a local form (room `datastore`) and a remote one (here), which speaks to a
 * server: it *logs in* as a user, who gets a *ticket*, or as an *API token*, and *trusts* the server's
 * certificate by the system's authorities or by its *fingerprint*. Tickets and fingerprints are
 * remembered in the *caches* that the official client uses, too.
 *
 * @module
 */

export type * from "./backup_target.ts";
export * from "./backup_time.ts";
export * from "./fingerprint_cache.ts";
export * from "./is_transient_error.ts";
export * from "./namespace.ts";
export * from "./open_remote_repository.ts";
export * from "./remote_options.ts";
export type { RemoteRepository, ServerVersion } from "./remote_repository.ts";
export type { SpeedTestResult } from "./measure_upload.ts";
export type * from "./repository.ts";
export type * from "./repository_tasks.ts";
export type { SecondFactorChallenge } from "./second_factor.ts";
export * from "./snapshot_path.ts";
export type * from "./snapshot_source.ts";
export * from "./ticket_cache.ts";
export * from "./upid.ts";
export * from "./used_repositories.ts";
export * from "./parse_repository.ts";
export { checkRealm, isAuthIdText, isSafeName, isServerName } from "./parse_repository_rules.ts";
