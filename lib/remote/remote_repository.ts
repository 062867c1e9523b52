import { ServerError, UsageError } from "../errors/mod.ts";
import { type ApiParameters, encodeQuery } from "../rest/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  type BackupTarget,
  type BeginBackup,
  type DeletionCounts,
  describeRepository,
  type GarbageCounts,
  type GroupInfo,
  type GroupMove,
  isAuthIdText,
  isTaskDone,
  MANIFEST_BLOB_NAME,
  type MeasuredTransfer,
  type MeasureTransferOptions,
  namespaceComponents,
  type NamespaceInfo,
  type NamespaceMove,
  parentNamespace,
  type PruneDecision,
  type PruneRequest,
  type Repository,
  type SnapshotFile,
  type SnapshotInfo,
  type SnapshotSource,
  type StorageStatus,
  type TaskLog,
  type VerifyRequest,
} from "../repository/mod.ts";
import { finishTask, runToEnd } from "./_follow_task.ts";
import {
  groupParameters,
  namespaceParameter,
  pruneParameters,
  snapshotParameters,
} from "./_remote_parameters.ts";
import {
  deletionCounts,
  garbageCounts,
  groupInfo,
  listOf,
  namespaceInfo,
  pruneDecision,
  RemoteRecord,
  snapshotFile,
  snapshotInfo,
  storageStatus,
} from "./_remote_records.ts";
import { RemoteSession } from "./_remote_session.ts";
import { saysVerificationFailed } from "./_server_words.ts";
import { RemoteBackupTarget } from "./remote_backup_target.ts";
import type { RemoteRepositoryOptions, ServerLocation } from "./remote_options.ts";
import { RemoteSnapshotSource } from "./remote_snapshot_source.ts";
import { RemoteTasks } from "./remote_tasks.ts";
import { measureUpload } from "./measure_upload.ts";

/** A query may have 3072 bytes together with its path (spec: protocol.md §3.2); this is safe. */
const MAX_QUERY_BYTES = 2048;

/** Version of a server (spec: protocol.md §7.1). */
export interface ServerVersion {
  /** `major.minor`. */
  readonly version: string;
  readonly release: string;
  readonly repoid: string;
}

/** A datastore as a server lists it. */
export interface RemoteDatastore {
  readonly store: string;
  readonly comment?: string;
  /** Present while it is under maintenance. */
  readonly maintenance?: string;
}

/** A datastore of a server as repository (spec: protocol.md §7). */
export class RemoteRepository implements Repository {
  readonly displayName: string;
  readonly tasks: RemoteTasks;
  readonly #session: RemoteSession;
  readonly #options: RemoteRepositoryOptions;

  private constructor(options: RemoteRepositoryOptions, session: RemoteSession) {
    this.#options = options;
    this.#session = session;
    this.tasks = new RemoteTasks(session);
    this.displayName = describeRepository(options.address);
  }

  /**
   * Finds out what to log in with; the server is contacted with the first call.
   *
   * @throws {AuthError} if there is neither password nor ticket, and nobody to ask.
   */
  static async open(options: RemoteRepositoryOptions): Promise<RemoteRepository> {
    return new RemoteRepository(options, await RemoteSession.prepare(options));
  }

  /** The server, with every part of its address. */
  get location(): ServerLocation {
    return this.#session.location;
  }

  /** See {@linkcode Repository.authId}. */
  get authId(): string {
    return this.#session.location.authId;
  }

  /** Logs in now, so that the ticket is fresh and cached; nothing happens for an API token. */
  async logIn(): Promise<void> {
    await this.#session.logIn();
  }

  /** The server's version. */
  async version(): Promise<ServerVersion> {
    const record = new RemoteRecord(await this.#session.call("GET", "version"), "version");
    return {
      version: record.text("version"),
      release: record.text("release"),
      repoid: record.text("repoid"),
    };
  }

  /** The datastores of the server that this user may see. */
  async listDatastores(): Promise<RemoteDatastore[]> {
    const answer = await this.#session.call("GET", "admin/datastore");
    return listOf(answer, "list of datastores").map((item) => {
      const record = new RemoteRecord(item, "datastore");
      const [comment, maintenance] = ["comment", "maintenance"].map((name) =>
        record.optionalText(name)
      );
      return {
        store: record.text("store"),
        ...comment === undefined ? {} : { comment },
        ...maintenance === undefined ? {} : { maintenance },
      };
    });
  }

  /** See {@linkcode Repository.privileges}. */
  async privileges(namespace: string): Promise<ReadonlySet<string>> {
    const path = ["", "datastore", this.location.datastore, ...namespaceComponents(namespace)]
      .join("/");
    const answer = await this.#session.call("GET", "access/permissions", { path });
    const granted = new RemoteRecord(answer, "list of permissions").optionalRecord(path);
    return new Set(granted?.names ?? []);
  }

  /** A text that tells this server from all others. */
  async identity(): Promise<string> {
    const answer = await this.#session.call("GET", "nodes/localhost/identity");
    return new RemoteRecord(answer, "identity").text("pbs-instance-id");
  }

  /** See {@linkcode Repository.measureUpload}. */
  async measureUpload(options: MeasureTransferOptions): Promise<MeasuredTransfer> {
    return await measureUpload(this.#session, options);
  }

  /** See {@linkcode Repository.beginBackup}. */
  async beginBackup(begin: BeginBackup): Promise<BackupTarget> {
    return await RemoteBackupTarget.begin(this.#session, begin);
  }

  /** See {@linkcode Repository.openSnapshot}. */
  async openSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotSource> {
    return await RemoteSnapshotSource.open(this.#session, namespace, snapshot);
  }

  /**
   * The files of a snapshot, each by a call of its own: without a reader connection, which is a task of
   * the server, and so without chunks and without a lock.
   */
  openFiles(namespace: string, snapshot: BackupSnapshot): SnapshotSource {
    const path = this.#session.datastorePath("download");
    const parameters = snapshotParameters(namespace, snapshot);
    return {
      snapshot,
      readFile: async (name) =>
        await this.#session.download(path, { ...parameters, "file-name": name }),
      readChunk: () => Promise.reject(new UsageError("chunks need a reader connection")),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  /**
   * Asks whether the contents of a snapshot may be read, as {@linkcode openSnapshot} does, and opens
   * nothing.
   *
   * @throws {AuthError} if not, {NotFoundError} if there is no such snapshot.
   */
  async confirmReadable(namespace: string, snapshot: BackupSnapshot): Promise<void> {
    const path = this.#session.datastorePath("download");
    const parameters = {
      ...snapshotParameters(namespace, snapshot),
      "file-name": MANIFEST_BLOB_NAME,
    };
    await this.#session.download(path, parameters);
  }

  /** See {@linkcode Repository.listGroups}. */
  async listGroups(namespace: string): Promise<GroupInfo[]> {
    const answer = await this.#call("GET", "groups", namespaceParameter(namespace));
    return listOf(answer, "list of groups").map(groupInfo);
  }

  /** See {@linkcode Repository.listSnapshots}. */
  async listSnapshots(namespace: string, group?: BackupGroup): Promise<SnapshotInfo[]> {
    const parameters = {
      ...(group ? groupParameters(group) : {}),
      ...namespaceParameter(namespace),
    };
    const answer = await this.#call("GET", "snapshots", parameters);
    return listOf(answer, "list of snapshots").map(snapshotInfo);
  }

  /** See {@linkcode Repository.listFiles}. */
  async listFiles(namespace: string, snapshot: BackupSnapshot): Promise<SnapshotFile[]> {
    const answer = await this.#call("GET", "files", snapshotParameters(namespace, snapshot));
    return listOf(answer, "list of files").map(snapshotFile);
  }

  /** See {@linkcode Repository.forgetSnapshot}. */
  async forgetSnapshot(namespace: string, snapshot: BackupSnapshot): Promise<void> {
    await this.#call("DELETE", "snapshots", snapshotParameters(namespace, snapshot));
  }

  /** See {@linkcode Repository.prune}. */
  async prune(request: PruneRequest): Promise<PruneDecision[]> {
    const answer = await this.#call("POST", "prune", pruneParameters(request));
    return listOf(answer, "answer to prune").map(pruneDecision);
  }

  /** See {@linkcode Repository.status}. */
  async status(): Promise<StorageStatus> {
    return storageStatus(await this.#call("GET", "status"));
  }

  /** See {@linkcode Repository.garbageCounts}. */
  async garbageCounts(): Promise<GarbageCounts | undefined> {
    return garbageCounts(await this.#call("GET", "gc"));
  }

  /** See {@linkcode Repository.garbageCollect}. */
  async garbageCollect(
    log: TaskLog,
    signal?: AbortSignal,
    cutoffSeconds?: number,
  ): Promise<void> {
    if (cutoffSeconds !== undefined) {
      throw new UsageError("a server decides itself how old garbage must be to be removed");
    }
    await finishTask(this.#session, await this.tasks.startGarbageCollection(), log, signal);
  }

  /** See {@linkcode Repository.verify}. */
  async verify(
    request: VerifyRequest,
    log: TaskLog,
    signal?: AbortSignal,
  ): Promise<{ ok: boolean }> {
    const upid = await this.tasks.startVerification(request);
    const outcome = await runToEnd(this.#session, upid, log, signal);
    if (isTaskDone(outcome)) return { ok: true };
    if (saysVerificationFailed(outcome)) return { ok: false };
    throw new ServerError(400, outcome);
  }

  /** See {@linkcode Repository.uploadLog}. */
  async uploadLog(namespace: string, snapshot: BackupSnapshot, blob: Uint8Array): Promise<void> {
    const path = this.#session.datastorePath("upload-backup-log");
    await this.#session.upload(path, snapshotParameters(namespace, snapshot), blob);
  }

  /** See {@linkcode Repository.readNotes}. */
  async readNotes(namespace: string, snapshot: BackupSnapshot): Promise<string> {
    return textOf(await this.#call("GET", "notes", snapshotParameters(namespace, snapshot)));
  }

  /** See {@linkcode Repository.writeNotes}. */
  async writeNotes(namespace: string, snapshot: BackupSnapshot, notes: string): Promise<void> {
    await this.#put("notes", { ...snapshotParameters(namespace, snapshot), notes });
  }

  /** See {@linkcode Repository.isProtected}. */
  async isProtected(namespace: string, snapshot: BackupSnapshot): Promise<boolean> {
    return await this.#call("GET", "protected", snapshotParameters(namespace, snapshot)) === true;
  }

  /** See {@linkcode Repository.setProtected}. */
  async setProtected(
    namespace: string,
    snapshot: BackupSnapshot,
    protect: boolean,
  ): Promise<void> {
    await this.#put("protected", {
      ...snapshotParameters(namespace, snapshot),
      protected: protect,
    });
  }

  /** See {@linkcode Repository.readGroupNotes}. */
  async readGroupNotes(namespace: string, group: BackupGroup): Promise<string> {
    const parameters = { ...groupParameters(group), ...namespaceParameter(namespace) };
    return textOf(await this.#call("GET", "group-notes", parameters));
  }

  /** See {@linkcode Repository.writeGroupNotes}. */
  async writeGroupNotes(namespace: string, group: BackupGroup, notes: string): Promise<void> {
    await this.#put("group-notes", {
      ...groupParameters(group),
      ...namespaceParameter(namespace),
      notes,
    });
  }

  /** See {@linkcode Repository.forgetGroup}. */
  async forgetGroup(namespace: string, group: BackupGroup): Promise<DeletionCounts> {
    const parameters = { ...groupParameters(group), ...namespaceParameter(namespace) };
    return deletionCounts(await this.#call("DELETE", "groups", parameters));
  }

  /** See {@linkcode Repository.changeOwner}. */
  async changeOwner(namespace: string, group: BackupGroup, owner: string): Promise<void> {
    if (!isAuthIdText(owner)) throw new UsageError(`"${owner}" is not an auth id`);
    await this.#call("POST", "change-owner", {
      ...groupParameters(group),
      ...namespaceParameter(namespace),
      "new-owner": owner,
    });
  }

  /** See {@linkcode Repository.listNamespaces}. */
  async listNamespaces(parent: string, maxDepth?: number): Promise<NamespaceInfo[]> {
    const answer = await this.#call("GET", "namespace", {
      parent: parent === "" ? undefined : parent,
      "max-depth": maxDepth,
    });
    return listOf(answer, "list of namespaces").map(namespaceInfo);
  }

  /** See {@linkcode Repository.createNamespace}. */
  async createNamespace(namespace: string): Promise<void> {
    const name = namespaceComponents(namespace).at(-1);
    if (name === undefined) throw new UsageError("the root namespace cannot be created");
    await this.#call("POST", "namespace", { name, parent: parentNamespace(namespace) ?? "" });
  }

  /** See {@linkcode Repository.deleteNamespace}. */
  async deleteNamespace(namespace: string, deleteGroups: boolean): Promise<DeletionCounts> {
    const parameters = { ns: namespace, "delete-groups": deleteGroups || undefined };
    return deletionCounts(await this.#call("DELETE", "namespace", parameters));
  }

  /** See {@linkcode Repository.moveGroup}. */
  async moveGroup(move: GroupMove, log: TaskLog, signal?: AbortSignal): Promise<void> {
    await finishTask(this.#session, await this.tasks.startGroupMove(move), log, signal);
  }

  /** See {@linkcode Repository.moveNamespace}. */
  async moveNamespace(move: NamespaceMove, log: TaskLog, signal?: AbortSignal): Promise<void> {
    await finishTask(this.#session, await this.tasks.startNamespaceMove(move), log, signal);
  }

  /** Ends the connections that are not in use by a target or source. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  async #call(method: string, call: string, parameters: ApiParameters = {}): Promise<unknown> {
    return await this.#session.call(method, this.#session.datastorePath(call), parameters);
  }

  /** Long texts do not fit into a query. */
  async #put(call: string, parameters: ApiParameters): Promise<void> {
    const path = this.#session.datastorePath(call);
    const json = encodeQuery(parameters).length > MAX_QUERY_BYTES;
    await this.#session.call("PUT", path, parameters, { json });
  }
}

function textOf(answer: unknown): string {
  return typeof answer === "string" ? answer : "";
}
