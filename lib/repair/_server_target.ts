import { encodeHex } from "../bytes/mod.ts";
import { AuthError, CancelledError, describeError, PbsError } from "../errors/mod.ts";
import { ReconnectingSource } from "../reading/mod.ts";
import {
  type BackupTarget,
  formatSnapshotPath,
  type IndexWriter,
  isTransientError,
  type NewChunk,
  type PlacedSnapshot,
  type RepairCandidate,
  type RepairRange,
  type RepairTarget,
  type Repository,
  type SnapshotSource,
} from "../repository/mod.ts";
import type { RepairObserver } from "./repair_request.ts";

/** A backup that is begun for its chunks, and never finished. */
interface Upload {
  readonly namespace: string;
  readonly target: BackupTarget;
  readonly writer: IndexWriter;
}

/**
 * The remote form of {@linkcode RepairTarget}, of what a server offers: chunks are read through the reader
 * protocol, bad ones are set aside by a verification, and good ones are sent by a backup that is
 * broken off, of which they stay in the chunk store (spec: protocol.md §5.5, §5.9). No call puts a file
 * into a finished snapshot.
 */
export class ServerTarget implements RepairTarget {
  readonly #repository: Repository;
  readonly #observer: RepairObserver;
  readonly #signal: AbortSignal;
  /** Snapshots that were verified because chunks of them are bad. */
  readonly #verified = new Set<string>();
  #mayVerify = true;
  #upload: Promise<Upload> | undefined;

  constructor(repository: Repository, observer: RepairObserver, signal: AbortSignal) {
    this.#repository = repository;
    this.#observer = observer;
    this.#signal = signal;
  }

  /** See {@linkcode RepairTarget.list}. */
  async list({ namespace, group, time }: RepairRange): Promise<RepairCandidate[]> {
    const namespaces = group
      ? [namespace]
      : (await this.#repository.listNamespaces(namespace)).map((each) => each.namespace);
    const found: RepairCandidate[] = [];
    for (const each of namespaces) {
      for (const info of await this.#repository.listSnapshots(each, group)) {
        if (time !== undefined && info.time !== time) continue;
        found.push({
          namespace: each,
          snapshot: { type: info.type, id: info.id, time: info.time },
          hasFailed: info.verification?.state === "failed",
        });
      }
    }
    return found;
  }

  /** See {@linkcode RepairTarget.hold}. A running backup keeps what it has sent from being removed. */
  hold(): Promise<Disposable> {
    return Promise.resolve({ [Symbol.dispose]: () => {} });
  }

  /** See {@linkcode RepairTarget.open}. */
  async open({ namespace, snapshot }: PlacedSnapshot): Promise<SnapshotSource> {
    return await ReconnectingSource.open({
      open: () => this.#repository.openSnapshot(namespace, snapshot),
      onLost: (error) =>
        this.#observer.log("info", `connection lost, trying again: ${describeError(error)[0]}`),
    });
  }

  /** See {@linkcode RepairTarget.setAside}. A server keeps a file of the right length otherwise. */
  async setAside(snapshot: PlacedSnapshot): Promise<void> {
    const key = keyOf(snapshot);
    if (this.#verified.has(key)) return;
    this.#verified.add(key);
    await this.#verify(snapshot);
  }

  /** See {@linkcode RepairTarget.putChunk}. */
  async putChunk({ namespace }: PlacedSnapshot, chunk: NewChunk): Promise<void> {
    for (let attempt = 1;; attempt++) {
      const upload = this.#upload ??= this.#begin(namespace);
      try {
        const { writer } = await upload;
        await writer.putChunk(chunk);
        return;
      } catch (error) {
        if (this.#upload === upload) await this.#endUpload();
        if (attempt > 1 || !isTransientError(error)) throw error;
      }
    }
  }

  /** See {@linkcode RepairTarget.conclude}. Only the server itself can record what it has verified. */
  async conclude(snapshot: PlacedSnapshot, isWhole: boolean): Promise<void> {
    if (isWhole && this.#verified.has(keyOf(snapshot))) await this.#verify(snapshot);
  }

  /** Breaks the upload off: its snapshot vanishes, its chunks stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endUpload();
  }

  async #endUpload(): Promise<void> {
    const upload = await this.#upload?.catch(() => undefined);
    this.#upload = undefined;
    await upload?.target.abort();
  }

  async #begin(namespace: string): Promise<Upload> {
    const id = `repair-${encodeHex(crypto.getRandomValues(new Uint8Array(4)))}`;
    const time = Math.floor(Date.now() / 1000);
    const target = await this.#repository.beginBackup({
      namespace,
      snapshot: { type: "host", id, time },
    });
    try {
      const writer = await target.createIndex("dynamic", "repair.didx");
      this.#observer.log(
        "info",
        `chunks are sent as backup "host/${id}", which is broken off at the end: its task fails, ` +
          "and the chunks stay",
      );
      return { namespace, target, writer };
    } catch (error) {
      await target.abort();
      throw error;
    }
  }

  async #verify({ namespace, snapshot }: PlacedSnapshot): Promise<void> {
    if (!this.#mayVerify) return;
    const { type, id, time } = snapshot;
    const path = formatSnapshotPath(snapshot);
    try {
      await this.#repository.verify(
        { namespace, group: { type, id }, time, ignoreVerified: false },
        (line) => this.#observer.log("debug", line),
        this.#signal,
      );
    } catch (error) {
      if (!(error instanceof PbsError) || error instanceof CancelledError) throw error;
      if (error instanceof AuthError) this.#mayVerify = false;
      this.#observer.log(
        "warn",
        `the server does not verify ${path}: ${describeError(error)[0]}. Without that it keeps a ` +
          "damaged chunk whose file has the right length, and does not record the outcome",
      );
    }
  }
}

function keyOf({ namespace, snapshot }: PlacedSnapshot): string {
  return `${namespace}\0${formatSnapshotPath(snapshot)}`;
}
