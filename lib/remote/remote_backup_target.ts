import { setTimeout as delay } from "node:timers/promises";
import { concatBytes } from "../bytes/mod.ts";
import {
  ConflictError,
  ConnectionError,
  CorruptDataError,
  LockedError,
  NotFoundError,
  UsageError,
} from "../errors/mod.ts";
import { decodeManifestBlob, UNPROTECTED_KEYS } from "../manifest/mod.ts";
import {
  type BackupSnapshot,
  type BackupSummary,
  type BackupTarget,
  type BeginBackup,
  checkSnapshotName,
  type ChunkList,
  formatSnapshotPath,
  type IndexKind,
  type IndexWriter,
  MANIFEST_BLOB_NAME,
} from "../repository/mod.ts";
import { ByteWindow } from "./_byte_window.ts";
import { RemoteIndexWriter } from "./_remote_index_writer.ts";
import type { RemoteSession } from "./_remote_session.ts";
import { UpgradedConnection } from "./_upgraded_connection.ts";
import { RemoteSnapshotSource } from "./remote_snapshot_source.ts";

/** Chunks under way; as much as a server takes before it reads (spec: protocol.md §4.5). */
const UPLOAD_WINDOW_BYTES = 32 * 1024 * 1024;
const DIGEST_BYTES = 32;
/** Digests of one request that reminds the server of them. */
const RECALL_BYTES = DIGEST_BYTES * 16384;
/** The connection's windows and buffers come on top, and the process is to stay below 250 MB. */
const CHUNK_MEMORY_BYTES = 96 * 1024 * 1024;
/** How long to ask whether a backup was finished when the answer to that was lost. */
const OUTCOME_PATIENCE_MS = 15_000;
const OUTCOME_PAUSE_MS = 500;

/** The remote form of {@linkcode BackupTarget}: a backup connection (spec: protocol.md §5). */
export class RemoteBackupTarget implements BackupTarget {
  /** See {@linkcode BackupTarget.chunkMemoryBytes}. */
  readonly chunkMemoryBytes = CHUNK_MEMORY_BYTES;
  /** See {@linkcode BackupTarget.tellsDuplicates}. */
  readonly tellsDuplicates = false;
  readonly #session: RemoteSession;
  readonly #connection: UpgradedConnection;
  readonly #begin: BeginBackup;
  readonly #window = new ByteWindow(UPLOAD_WINDOW_BYTES);
  #finished = false;
  #aborted = false;
  /** Whether the server may have the extension that recalls chunks. */
  #mayRecall = true;

  private constructor(
    session: RemoteSession,
    connection: UpgradedConnection,
    begin: BeginBackup,
    readonly previousTime: number | undefined,
  ) {
    this.#session = session;
    this.#connection = connection;
    this.#begin = begin;
  }

  /**
   * Begins a snapshot.
   *
   * @throws {LockedError} if the group is in use, {AuthError} if it or the namespace is not ours,
   *   {ConflictError} if the time is not later than that of the previous snapshot.
   */
  static async begin(session: RemoteSession, begin: BeginBackup): Promise<RemoteBackupTarget> {
    const { snapshot, noCache } = begin;
    checkSnapshotName(snapshot);
    const client = await session.upgrade("backup", begin, {
      benchmark: false,
      debug: true,
      "no-cache": noCache || undefined,
    });
    const connection = new UpgradedConnection(client);
    try {
      const time = await connection.call("GET", "/previous_backup_time");
      if (time !== null && !Number.isSafeInteger(time)) {
        throw new CorruptDataError("the server's time of the previous snapshot is no number");
      }
      const previousTime = time === null ? undefined : time as number;
      return new RemoteBackupTarget(session, connection, begin, previousTime);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** See {@linkcode BackupTarget.lost}. */
  get lost(): Promise<Error> {
    return this.#connection.lost;
  }

  /** See {@linkcode BackupTarget.snapshot}. */
  get snapshot(): BackupSnapshot {
    return this.#begin.snapshot;
  }

  /** See {@linkcode BackupTarget.previousManifest}. */
  async previousManifest(): Promise<Uint8Array | undefined> {
    return this.previousTime === undefined
      ? undefined
      : await this.previousIndex(MANIFEST_BLOB_NAME);
  }

  /** See {@linkcode BackupTarget.previousIndex}. */
  async previousIndex(archiveName: string): Promise<Uint8Array> {
    this.#requireActive();
    return await this.#connection.download("/previous", { "archive-name": archiveName });
  }

  /**
   * See {@linkcode BackupTarget.recallChunks}. Our own server's extension (docs/remote.md): others
   * know only what this connection has sent or what the previous snapshot holds.
   */
  async recallChunks({ digests }: ChunkList): Promise<Uint8Array> {
    this.#requireActive();
    const known: Uint8Array[] = [];
    if (!this.#mayRecall) return concatBytes([]);
    for (let start = 0; start < digests.length; start += RECALL_BYTES) {
      const batch = digests.subarray(start, start + RECALL_BYTES);
      try {
        const answer = await this.#connection.exchange("/recall_chunks", batch, batch.length);
        if (answer.length % DIGEST_BYTES !== 0) {
          throw new CorruptDataError("the server's list of recalled chunks is cut off");
        }
        known.push(answer);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        this.#mayRecall = false;
        return concatBytes([]);
      }
    }
    return concatBytes(known);
  }

  /** See {@linkcode BackupTarget.uploadBlob}. */
  async uploadBlob(name: string, blob: Uint8Array): Promise<void> {
    this.#requireActive();
    const parameters = { "encoded-size": blob.byteLength, "file-name": name };
    await this.#connection.upload("/blob", parameters, blob);
  }

  /** See {@linkcode BackupTarget.createIndex}. */
  async createIndex(kind: IndexKind, archiveName: string, size?: number): Promise<IndexWriter> {
    this.#requireActive();
    if (kind === "dynamic" && size !== undefined) {
      throw new UsageError(`index "${archiveName}": only fixed indexes have a size in advance`);
    }
    const parameters = { "archive-name": archiveName, size };
    const wid = await this.#connection.call("POST", `/${kind}_index`, parameters);
    if (!Number.isSafeInteger(wid)) {
      throw new CorruptDataError(`the server gave no number for index "${archiveName}"`);
    }
    return new RemoteIndexWriter(this.#connection, this.#window, kind, wid as number);
  }

  /**
   * See {@linkcode BackupTarget.finish}. If the connection breaks before the answer, the server is
   * asked whether the snapshot is there.
   */
  async finish(): Promise<BackupSummary> {
    this.#requireActive();
    try {
      await this.#connection.call("POST", "/finish");
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      await this.#connection.close();
      if (!await this.#wasFinished(error)) throw error;
    }
    this.#finished = true;
    await this.#connection.close();
    return { warnings: [] };
  }

  /** See {@linkcode BackupTarget.abort}. Ending the connection is how a server is told. */
  async abort(): Promise<void> {
    if (this.#finished) return;
    this.#aborted = true;
    await this.#connection.close();
  }

  /** Aborts unless the backup was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  /**
   * A snapshot can be opened once its backup is over, and is gone if that was not finished; the
   * server's statistics in the manifest tell it from a remnant of a crash (spec: protocol.md §5.9).
   */
  async #wasFinished(cause: ConnectionError): Promise<boolean> {
    const deadlineMs = Date.now() + OUTCOME_PATIENCE_MS;
    while (true) {
      try {
        await using source = await RemoteSnapshotSource.open(
          this.#session,
          this.#begin.namespace,
          this.snapshot,
        );
        return await isFinishedManifest(await source.readFile(MANIFEST_BLOB_NAME));
      } catch (error) {
        if (error instanceof NotFoundError) return false;
        const mayPass = error instanceof LockedError || error instanceof ConnectionError;
        if (!mayPass || Date.now() > deadlineMs) {
          const path = formatSnapshotPath(this.snapshot);
          throw new ConflictError(
            `connection lost while backup ${path} was being finished, look whether it is there`,
            { cause },
          );
        }
      }
      await delay(OUTCOME_PAUSE_MS);
    }
  }

  #requireActive(): void {
    if (!this.#finished && !this.#aborted) return;
    const state = this.#finished ? "finished" : "aborted";
    throw new ConflictError(`backup ${formatSnapshotPath(this.snapshot)} is already ${state}`);
  }
}

async function isFinishedManifest(blob: Uint8Array): Promise<boolean> {
  const { unprotected } = await decodeManifestBlob(blob, MANIFEST_BLOB_NAME);
  return unprotected.has(UNPROTECTED_KEYS.chunkUploadStats);
}
