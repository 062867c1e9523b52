import type {
  MeasuredStorage,
  MeasuredTransfer,
  MeasureTransferOptions,
} from "./measured_transfer.ts";
import type { BackupPreview, BackupTarget } from "./backup_target.ts";
import type { CryptMode } from "./crypt_mode.ts";
import type { GroupMove, NamespaceMove, RepositoryTasks, TaskLog } from "./repository_tasks.ts";
import type { PlacedSnapshot } from "./placed_snapshot.ts";
import type { RepairTarget } from "./repair_target.ts";
import type { PruneRequest, VerifyRequest } from "./work_requests.ts";
import type { BackupGroup, BackupSnapshot } from "./snapshot_path.ts";
import type { SnapshotSource } from "./snapshot_source.ts";

/** How to begin a snapshot. */
export interface BeginBackup extends PlacedSnapshot {
  /** Bypass the store's local cache; matters to object stores only (spec: protocol.md §4.1). */
  readonly noCache?: boolean;
  /**
   * Whether what a run of that very time has left that was killed may be removed. A server does not know
   * this.
   */
  readonly replacesRemains?: boolean;
}

/** A file of a snapshot as a listing shows it. */
export interface SnapshotFile {
  /** Name with its `.didx`, `.fidx` or `.blob`. */
  readonly filename: string;
  /** How its contents are protected. */
  readonly cryptMode?: CryptMode;
  /** Bytes; absent if the file is not in the manifest. */
  readonly size?: number;
}

/** Counters of what a run has stored for its snapshot (spec: datastore-formats.md §4.3). */
export interface UploadStatistics {
  /** Chunks that it sent; those that it took over from the snapshot before are not among them. */
  readonly count: number;
  /** Plain bytes of those chunks, and the blobs. */
  readonly size: number;
  /** Encoded bytes of those chunks. */
  readonly compressedSize: number;
  /** Chunks among them that the datastore had already, from whatever group. */
  readonly duplicates: number;
}

/** A snapshot as a listing shows it (spec: protocol.md §7). */
export interface SnapshotInfo extends BackupSnapshot {
  /** Files of the snapshot; of an unfinished one those that are there. */
  readonly files: readonly SnapshotFile[];
  /** Sum of the sizes of its files, bytes. */
  readonly size?: number;
  /** Auth id that its group belongs to. */
  readonly owner?: string;
  /** First line of its notes. */
  readonly comment?: string;
  /** Whether prune and forget leave it alone. */
  readonly protected: boolean;
  /** Short fingerprint of the key it was made with. */
  readonly fingerprint?: string;
  /** Result of the last verification. */
  readonly verification?: { readonly upid: string; readonly state: "ok" | "failed" };
  /** Counters of what is new in it. Servers do not list them, their manifests have them. */
  readonly uploaded?: UploadStatistics;
}

/** A group as a listing shows it. */
export interface GroupInfo extends BackupGroup {
  /** Number of its snapshots. */
  readonly backupCount: number;
  /** Time of the newest snapshot, seconds. */
  readonly lastBackup: number;
  /** File names of the newest snapshot. */
  readonly files: readonly string[];
  /** Auth id that it belongs to. */
  readonly owner?: string;
  /** First line of its notes. */
  readonly comment?: string;
}

/** Decision of prune about one snapshot. */
export interface PruneDecision extends BackupSnapshot {
  /** Whether it stays. */
  readonly keep: boolean;
  /** Whether it stays because it is protected. */
  readonly protected: boolean;
  /** Why it stays or goes. */
  readonly mark: "keep" | "keep-partial" | "remove" | "protected";
  /** It could not be removed though nobody uses it; a server does not say so. */
  readonly stayed?: boolean;
  /** It could not be removed because somebody is using it; a server does not say so. */
  readonly inUse?: boolean;
}

/** Space of the file system under a datastore, bytes. */
export interface StorageStatus {
  /** Size of the file system. */
  readonly total: number;
  /** Bytes in use. */
  readonly used: number;
  /** Bytes free for its user. */
  readonly avail: number;
  /** Storage of the datastore as a server names it, e.g. `filesystem`. */
  readonly backendType?: string;
}

/** Objects of a datastore in a bucket, added up. */
export interface UsedObjects {
  readonly bytes: number;
  readonly objects: number;
  /** Requests that it took to find out. */
  readonly requests: number;
}

/** Told the digest of a chunk (32 bytes) and the bytes that it takes where it is stored. */
export type OnStoredChunk = (digest: Uint8Array, bytes: number) => void;

/** Counters of the last garbage collection of a datastore (spec: datastore-formats.md §6.3). */
export interface GarbageCounts {
  /** The task that collected; its time is in it. Absent where it left none. */
  readonly upid?: string;
  /** Sum of the sizes of all archives, bytes. */
  readonly indexDataBytes: number;
  /** Bytes of the chunks on disk, unused ones included. */
  readonly diskBytes: number;
  readonly diskChunks: number;
  /** Bytes that it has removed; absent where it is not told. */
  readonly removedBytes?: number;
  readonly removedChunks?: number;
  /** Unused, but too young to be removed. */
  readonly pendingBytes?: number;
  readonly pendingChunks?: number;
}

/** A namespace as a listing shows it; `""` is the root namespace. */
export interface NamespaceInfo {
  readonly namespace: string;
  readonly comment?: string;
}

/** Counters of the deletion of a group or a namespace (spec: protocol.md §7.3). */
export interface DeletionCounts {
  readonly removedGroups: number;
  readonly removedSnapshots: number;
  /** Snapshots that stayed because they are protected. */
  readonly protectedSnapshots: number;
}

/** How far a verification has come. */
export interface VerifyProgress {
  /** Path of the snapshot that is being read. */
  readonly snapshot: string;
  readonly snapshotsDone: number;
  readonly snapshotsTotal: number;
  /** Plain bytes of the chunks that were read. */
  readonly bytesRead: number;
}

/**
 * A datastore, wherever it is: a directory of this machine or a server. Runs go through the two
 * seams that `beginBackup` and `openSnapshot` return; the rest is management.
 */
export interface Repository extends AsyncDisposable {
  /** Name in messages: a path, or `user@host:port:store`. */
  readonly displayName: string;
  /** Long work as tasks that others can see; absent where it is done in this process. */
  readonly tasks?: RepositoryTasks;
  /** As whom a server was logged in to; absent for a directory. */
  readonly authId?: string;
  /**
   * Names of the privileges on a namespace, also of those that are for one's own groups only; absent
   * for a directory, where everything may be done.
   */
  privileges?(namespace: string): Promise<ReadonlySet<string>>;
  beginBackup(begin: BeginBackup): Promise<BackupTarget>;
  /**
   * Looks at whether a snapshot could be begun, and at the one before it, without writing anything.
   * Absent with a server, which has only sessions for that. Throws as `beginBackup` does.
   */
  previewBackup?(begin: BeginBackup): Promise<BackupPreview>;
  openSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotSource>;
  /** The files of a snapshot, without chunks and without a lock; absent for a directory. */
  openFiles?(namespace: string, snapshot: BackupSnapshot): SnapshotSource;

  /**
   * Measures how fast the server takes data, of which it keeps nothing (spec: protocol.md §5.13);
   * absent for a directory.
   *
   * @throws {AuthError} if this user may not back up there.
   */
  measureUpload?(options: MeasureTransferOptions): Promise<MeasuredTransfer>;
  /**
   * Measures how fast the file system takes chunks and gives them back; leaves nothing there. Absent
   * with a server.
   */
  measureStorage?(options: MeasureTransferOptions): Promise<MeasuredStorage>;

  listGroups(namespace: string): Promise<GroupInfo[]>;
  listSnapshots(namespace: string, group?: BackupGroup): Promise<SnapshotInfo[]>;
  listFiles(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotFile[]>;
  forgetSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<void>;
  prune(request: PruneRequest, log?: TaskLog): Promise<PruneDecision[]>;
  status(): Promise<StorageStatus>;
  /**
   * Adds up what a bucket holds, which nobody tells: a request for each thousand of its objects. Absent
   * where {@linkcode Repository.status} knows.
   */
  readonly countUsed?: (() => Promise<UsedObjects>) | undefined;
  /** Counters of the last garbage collection; undefined if none has ended. */
  garbageCounts(): Promise<GarbageCounts | undefined>;
  /**
   * Bytes that a chunk takes on disk; undefined if there is no such chunk. Absent with a server: its
   * interface does not tell. Absent with a bucket, see {@linkcode Repository.listStoredSizes}.
   */
  readonly storedSizeOf?: ((digest: Uint8Array) => number | undefined) | undefined;
  /**
   * Lists what every chunk of a bucket takes: a request for each thousand of them. Absent elsewhere.
   *
   * @returns Requests that it took.
   */
  readonly listStoredSizes?: ((onChunk: OnStoredChunk) => Promise<number>) | undefined;
  /**
   * Reads a chunk by its digest alone; see {@linkcode SnapshotSource.readChunk}. Absent with a server,
   * which asks for an index that names it.
   */
  readChunk?(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void>;
  /**
   * The repository as one whose damage is repaired. Absent with a server: what can be done there is done
   * by backups, readers and verifications.
   */
  beginRepair?(log: TaskLog): RepairTarget;
  /**
   * Removes chunks that no snapshot uses.
   *
   * @param cutoffSeconds Age from which they are removed; default that of the datastore. A server
   *   decides for itself.
   * @throws {UsageError} if a server is told.
   */
  garbageCollect(log: TaskLog, signal?: AbortSignal, cutoffSeconds?: number): Promise<void>;
  /** Verifies snapshots and records the results. @returns Whether all of them are sound. */
  verify(
    request: VerifyRequest,
    log: TaskLog,
    signal?: AbortSignal,
    onProgress?: (progress: VerifyProgress) => void,
  ): Promise<{ ok: boolean }>;

  /** Stores `client.log.blob` in a finished snapshot. @throws {ConflictError} if it has one. */
  uploadLog(namespace: string, snapshot: BackupSnapshot, blob: Uint8Array): Promise<void>;
  /** The notes of a snapshot; empty if it has none. */
  readNotes(namespace: string, snapshot: BackupSnapshot): Promise<string>;
  writeNotes(namespace: string, snapshot: BackupSnapshot, notes: string): Promise<void>;
  isProtected(namespace: string, snapshot: BackupSnapshot): Promise<boolean>;
  setProtected(namespace: string, snapshot: BackupSnapshot, protect: boolean): Promise<void>;
  /** The notes of a group; empty if it has none. */
  readGroupNotes(namespace: string, group: BackupGroup): Promise<string>;
  writeGroupNotes(namespace: string, group: BackupGroup, notes: string): Promise<void>;
  /**
   * Removes all snapshots of a group that are not protected, and the group if nothing is left.
   *
   * @throws {NotFoundError} if there is no such group.
   * @throws {ConflictError} if protected snapshots remain; all others are gone then.
   */
  forgetGroup(namespace: string, group: BackupGroup): Promise<DeletionCounts>;
  /** @param owner Auth id, `user@realm` or `user@realm!token`. */
  changeOwner(namespace: string, group: BackupGroup, owner: string): Promise<void>;
  /** A namespace and those below it, parents first. @param maxDepth Levels below it; default all. */
  listNamespaces(parent: string, maxDepth?: number): Promise<NamespaceInfo[]>;
  /** Creates a namespace whose parent exists; one that is there already is fine. */
  createNamespace(namespace: string): Promise<void>;
  /**
   * Removes a namespace and those below it; with `deleteGroups` also what they hold.
   *
   * @throws {ConflictError} if something had to stay; what was removable is gone then.
   */
  deleteNamespace(namespace: string, deleteGroups: boolean): Promise<DeletionCounts>;
  /**
   * Moves a group with all its snapshots into another namespace.
   *
   * @throws {ConflictError} if the target's group stands in the way; nothing was moved then.
   */
  moveGroup(move: GroupMove, log: TaskLog, signal?: AbortSignal): Promise<void>;
  /**
   * Moves the groups of a namespace, and of those below it, under another name.
   *
   * @throws {ConflictError} if something had to stay; the log says what.
   */
  moveNamespace(move: NamespaceMove, log: TaskLog, signal?: AbortSignal): Promise<void>;
}
