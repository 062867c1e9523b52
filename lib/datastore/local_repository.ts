import { CancelledError, UsageError } from "../errors/mod.ts";
import { notesOf, withNotes } from "../manifest/mod.ts";
import {
  type BackupGroup,
  type BackupPreview,
  type BackupSnapshot,
  type BackupTarget,
  type BeginBackup,
  type DeletionCounts,
  type GarbageCounts,
  type GroupInfo,
  type GroupMove,
  isAuthIdText,
  MANIFEST_BLOB_NAME,
  type MeasuredStorage,
  type MeasureTransferOptions,
  type NamespaceInfo,
  type NamespaceMove,
  type PruneDecision,
  type PruneRequest,
  type RepairTarget,
  type Repository,
  type SnapshotFile,
  type SnapshotInfo,
  type SnapshotSource,
  type StorageStatus,
  type TaskLog,
  type UsedObjects,
  type VerifyProgress,
  type VerifyRequest,
} from "../repository/mod.ts";
import { beginBackup, previewBackup } from "./begin_backup.ts";
import { createChunkChecker } from "./chunk_checker.ts";
import type { ChunkFolderProgress } from "./chunk_folders.ts";
import { collectGarbage } from "./collect_garbage.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { readGroupNotes, writeGroupNotes } from "./group_notes.ts";
import { changeGroupOwner } from "./group_owner.ts";
import { readGcStatus } from "./gc_status.ts";
import { listFiles, listGroups, listSnapshots } from "./listing.ts";
import type { LocalBackupTarget } from "./local_backup_target.ts";
import { LocalRepairTarget } from "./local_repair_target.ts";
import { LocalSnapshotSource } from "./local_snapshot_source.ts";
import { localUpid } from "./local_upid.ts";
import { measureStorage } from "./measure_storage.ts";
import { moveGroup } from "./move_group.ts";
import { moveNamespace } from "./move_namespace.ts";
import { createNamespace, deleteNamespace, listNamespaces } from "./namespaces.ts";
import { pruneGroup } from "./prune_group.ts";
import { forgetGroup } from "./remove_group.ts";
import { removeSnapshot } from "./remove_snapshot.ts";
import { isProtected, setProtected, uploadLog } from "./snapshot_flags.ts";
import { readManifest, updateManifest } from "./snapshot_manifest.ts";
import { verify } from "./verify.ts";

/** How to use a datastore as repository. */
export interface LocalRepositoryOptions {
  /** Owner of new groups, an auth id. Default `root@pam`: a user who can write the files may do anything. */
  readonly owner?: string;
  /** Hears of the chunk folders of a new datastore, the rest of which is made beside its first backup. */
  readonly chunkFolders?: ChunkFolderObserver;
}

/** Hears of chunk folders. */
export interface ChunkFolderObserver {
  /** The repository is to be closed, and waits for those that are still missing. */
  waiting(progress: ChunkFolderProgress): void;
  /** Some could not be made. The next backup tries again. */
  failed(error: unknown): void;
}

/** A datastore directory as repository: no server, and no permissions but those of the files. */
export class LocalRepository implements Repository {
  readonly displayName: string;
  /** See {@linkcode Repository.storedSizeOf}. */
  readonly storedSizeOf: Repository["storedSizeOf"];
  /** See {@linkcode Repository.measureStorage}; absent where there is no folder. */
  readonly measureStorage?: (options: MeasureTransferOptions) => Promise<MeasuredStorage>;
  readonly #owner: string;
  readonly #observer: ChunkFolderObserver | undefined;
  readonly #begun: LocalBackupTarget[] = [];
  #completing: Promise<void> | undefined;
  #isClosing = false;

  /** @param datastore Is closed with the repository. */
  constructor(readonly datastore: Datastore, options: LocalRepositoryOptions = {}) {
    this.displayName = datastore.path;
    const { chunks } = datastore;
    this.storedSizeOf = chunks.sizeOf && ((digest) => chunks.sizeOf!(digest));
    this.#owner = options.owner ?? "root@pam";
    this.#observer = options.chunkFolders;
    if (datastore.newFileRules !== undefined) {
      this.measureStorage = (options) => measureStorage(datastore, options);
    }
  }

  /** See {@linkcode Repository.beginBackup}. */
  async beginBackup(begin: BeginBackup): Promise<BackupTarget> {
    const options = { ...begin, owner: this.#owner, checkOwner: false };
    const target = await beginBackup(this.datastore, options);
    this.#begun.push(target);
    this.#completing ??= this.#completeChunkFolders();
    // The caller of close() hears of it.
    this.#completing.catch(() => {});
    return target;
  }

  /** See {@linkcode Repository.previewBackup}. */
  async previewBackup(begin: BeginBackup): Promise<BackupPreview> {
    return await previewBackup(this.datastore, begin);
  }

  async #completeChunkFolders(): Promise<void> {
    try {
      await this.datastore.chunkFolders.complete((progress) => {
        if (this.#isClosing) this.#observer?.waiting(progress);
      });
    } catch (error) {
      if (error instanceof CancelledError) return;
      if (this.#observer === undefined) throw error;
      this.#observer.failed(error);
    }
  }

  /** See {@linkcode Repository.openSnapshot}. */
  async openSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotSource> {
    return await LocalSnapshotSource.open(this.#snapshot(namespace, snapshot));
  }

  /** See {@linkcode Repository.listGroups}. A lost owner file does not hide what is in a group. */
  async listGroups(namespace: string): Promise<GroupInfo[]> {
    return await listGroups(this.datastore, namespace, this.#owner);
  }

  /**
   * See {@linkcode Repository.listSnapshots}. What a run that was killed has left is not listed;
   * prune and forget remove it.
   */
  async listSnapshots(namespace: string, group?: BackupGroup): Promise<SnapshotInfo[]> {
    const snapshots = await listSnapshots(this.datastore, namespace, group, this.#owner);
    return snapshots.filter(({ files }) =>
      files.some(({ filename }) => filename === MANIFEST_BLOB_NAME)
    );
  }

  /** See {@linkcode Repository.listFiles}. */
  async listFiles(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotFile[]> {
    return await listFiles(this.#snapshot(namespace, snapshot));
  }

  /** See {@linkcode Repository.forgetSnapshot}. */
  async forgetSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<void> {
    await removeSnapshot(this.#snapshot(namespace, snapshot));
  }

  /** See {@linkcode Repository.prune}. */
  async prune(
    { namespace, group, keep, dryRun = false }: PruneRequest,
    log?: TaskLog,
  ): Promise<PruneDecision[]> {
    return await pruneGroup(this.#group(namespace, group), keep, dryRun, log);
  }

  /** See {@linkcode Repository.status}. */
  async status(): Promise<StorageStatus> {
    return await this.datastore.space();
  }

  /** See {@linkcode Repository.countUsed}. */
  get countUsed(): (() => Promise<UsedObjects>) | undefined {
    return this.datastore.countUsed;
  }

  /** See {@linkcode Repository.listStoredSizes}. */
  get listStoredSizes(): Repository["listStoredSizes"] {
    return this.datastore.listStoredSizes;
  }

  /** See {@linkcode Repository.garbageCounts}. */
  async garbageCounts(): Promise<GarbageCounts | undefined> {
    const { upid, ...counters } = await readGcStatus(this.datastore);
    return upid === null ? undefined : { upid, ...counters };
  }

  /** See {@linkcode Repository.readChunk}. */
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    await this.datastore.chunks.read(digest, buffer);
  }

  /** See {@linkcode Repository.beginRepair}. */
  beginRepair(log: TaskLog): RepairTarget {
    return new LocalRepairTarget(this.datastore, localUpid("verify", this.displayName), log);
  }

  /** See {@linkcode Repository.garbageCollect}. */
  async garbageCollect(
    log: TaskLog,
    signal?: AbortSignal,
    cutoffSeconds?: number,
  ): Promise<void> {
    const upid = localUpid("garbage_collection", this.displayName);
    await collectGarbage(this.datastore, {
      upid,
      log,
      cutoffSeconds,
      ...(signal ? { signal } : {}),
    });
  }

  /** See {@linkcode Repository.verify}. */
  async verify(
    request: VerifyRequest,
    log: TaskLog,
    signal?: AbortSignal,
    onProgress?: (progress: VerifyProgress) => void,
  ): Promise<{ ok: boolean }> {
    using checker = createChunkChecker(log);
    const upid = localUpid("verify", this.displayName);
    const { ok } = await verify(this.datastore, request, {
      upid,
      checker,
      log,
      leaveOutUnfinished: true,
      maxDepth: request.maxDepth,
      ...(onProgress ? { onProgress } : {}),
      ...(signal ? { signal } : {}),
    });
    return { ok };
  }

  /** See {@linkcode Repository.uploadLog}. */
  async uploadLog(namespace: string, snapshot: BackupSnapshot, blob: Uint8Array): Promise<void> {
    await uploadLog(this.#snapshot(namespace, snapshot), blob);
  }

  /** See {@linkcode Repository.readNotes}. */
  async readNotes(namespace: string, snapshot: BackupSnapshot): Promise<string> {
    return notesOf(await readManifest(this.#snapshot(namespace, snapshot))) ?? "";
  }

  /** See {@linkcode Repository.writeNotes}. */
  async writeNotes(namespace: string, snapshot: BackupSnapshot, notes: string): Promise<void> {
    await updateManifest(
      this.#snapshot(namespace, snapshot),
      (manifest) => withNotes(manifest, notes),
    );
  }

  /** See {@linkcode Repository.isProtected}. */
  // deno-lint-ignore require-await
  async isProtected(namespace: string, snapshot: BackupSnapshot): Promise<boolean> {
    return isProtected(this.#snapshot(namespace, snapshot));
  }

  /** See {@linkcode Repository.setProtected}. */
  async setProtected(
    namespace: string,
    snapshot: BackupSnapshot,
    protect: boolean,
  ): Promise<void> {
    await setProtected(this.#snapshot(namespace, snapshot), protect);
  }

  /** See {@linkcode Repository.readGroupNotes}. */
  async readGroupNotes(namespace: string, group: BackupGroup): Promise<string> {
    return await readGroupNotes(this.#group(namespace, group)) ?? "";
  }

  /** See {@linkcode Repository.writeGroupNotes}. */
  async writeGroupNotes(namespace: string, group: BackupGroup, notes: string): Promise<void> {
    await writeGroupNotes(this.#group(namespace, group), notes);
  }

  /** See {@linkcode Repository.forgetGroup}. */
  async forgetGroup(namespace: string, group: BackupGroup): Promise<DeletionCounts> {
    return await forgetGroup(this.#group(namespace, group));
  }

  /** See {@linkcode Repository.changeOwner}. */
  async changeOwner(namespace: string, group: BackupGroup, owner: string): Promise<void> {
    if (!isAuthIdText(owner)) throw new UsageError(`"${owner}" is not an auth id`);
    await changeGroupOwner(this.#group(namespace, group), owner);
  }

  /** See {@linkcode Repository.listNamespaces}. */
  async listNamespaces(parent: string, maxDepth?: number): Promise<NamespaceInfo[]> {
    return await listNamespaces(this.datastore, parent, maxDepth);
  }

  /** See {@linkcode Repository.createNamespace}. */
  async createNamespace(namespace: string): Promise<void> {
    await createNamespace(this.datastore, namespace);
  }

  /** See {@linkcode Repository.deleteNamespace}. */
  async deleteNamespace(namespace: string, deleteGroups: boolean): Promise<DeletionCounts> {
    return await deleteNamespace(this.datastore, namespace, deleteGroups);
  }

  /** See {@linkcode Repository.moveGroup}. One group is moved in one go, whatever signals come. */
  async moveGroup({ group, from, to, merge }: GroupMove, log: TaskLog): Promise<void> {
    await moveGroup(this.#group(from, group), to, { merge, log });
  }

  /** See {@linkcode Repository.moveNamespace}. */
  async moveNamespace(
    { from, to, ...options }: NamespaceMove,
    log: TaskLog,
    signal?: AbortSignal,
  ): Promise<void> {
    await moveNamespace(this.datastore, from, to, { ...options, log, signal });
  }

  #group(namespace: string, group: BackupGroup): DatastoreGroup {
    return new DatastoreGroup(this.datastore, namespace, group);
  }

  #snapshot(namespace: string, snapshot: BackupSnapshot): DatastoreSnapshot {
    return new DatastoreSnapshot(this.datastore, namespace, snapshot);
  }

  /** Closes the datastore. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    try {
      // After a finished backup a server can take the datastore over.
      if (!this.#begun.some((target) => target.isFinished)) {
        await this.datastore.chunkFolders.stop();
      }
      await this.#completing;
    } finally {
      await this.datastore[Symbol.asyncDispose]();
    }
  }
}
