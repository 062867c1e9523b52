import type { BackupTarget } from "./backup_target.ts";
import type { BackupGroup, BackupSnapshot } from "./snapshot_path.ts";
import type { SnapshotSource } from "./snapshot_source.ts";

/** How to begin a snapshot. */
export interface BeginBackup {
  readonly namespace: string;
  readonly snapshot: BackupSnapshot;
  /** Forget what the previous snapshot holds: everything is sent again. */
  readonly noCache?: boolean;
}

/** A file of a snapshot as a listing shows it. */
export interface SnapshotFile {
  /** Name with its `.didx`, `.fidx` or `.blob`. */
  readonly filename: string;
  readonly cryptMode?: "none" | "encrypt" | "sign-only";
  /** Bytes; absent if the file is not in the manifest. */
  readonly size?: number;
}

/** A snapshot as a listing shows it (spec: protocol.md §7). */
export interface SnapshotInfo extends BackupSnapshot {
  readonly files: readonly SnapshotFile[];
  readonly size?: number;
  readonly owner?: string;
  readonly comment?: string;
  readonly protected: boolean;
  readonly fingerprint?: string;
  readonly verification?: { readonly upid: string; readonly state: "ok" | "failed" };
}

/** A group as a listing shows it. */
export interface GroupInfo extends BackupGroup {
  readonly backupCount: number;
  /** Time of the newest snapshot, seconds. */
  readonly lastBackup: number;
  /** File names of the newest snapshot. */
  readonly files: readonly string[];
  readonly owner?: string;
  readonly comment?: string;
}

/** How many snapshots to keep; absent means that the rule is not used. */
export interface KeepOptions {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

/** What prune decided about one snapshot. */
export interface PruneDecision extends BackupSnapshot {
  readonly keep: boolean;
  readonly protected: boolean;
  readonly mark: "keep" | "keep-partial" | "remove" | "protected";
}

/** Space of the file system under a datastore, bytes. */
export interface StorageStatus {
  readonly total: number;
  readonly used: number;
  readonly avail: number;
}

/** Receives the lines of a long task (garbage collection, verification) as they come. */
export type TaskLog = (line: string) => void;

/**
 * A datastore, wherever it is: a directory of this machine or a server. Runs go through the two
 * seams that `beginBackup` and `openSnapshot` return; the rest is management.
 */
export interface Repository extends AsyncDisposable {
  /** What messages call it: a path, or `user@host:port:store`. */
  readonly displayName: string;
  beginBackup(begin: BeginBackup): Promise<BackupTarget>;
  openSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotSource>;

  listGroups(namespace: string): Promise<GroupInfo[]>;
  listSnapshots(namespace: string, group?: BackupGroup): Promise<SnapshotInfo[]>;
  listFiles(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotFile[]>;
  forgetSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<void>;
  prune(
    namespace: string,
    group: BackupGroup,
    keep: KeepOptions,
    dryRun: boolean,
  ): Promise<PruneDecision[]>;
  status(): Promise<StorageStatus>;
  garbageCollect(log: TaskLog, signal?: AbortSignal): Promise<void>;
}
