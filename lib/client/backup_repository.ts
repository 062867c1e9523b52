import {
  type BackupCrypt,
  type BackupReport,
  checkArchiveSources,
  parseArchiveSpec,
  retryBackup,
} from "../backup/mod.ts";
import { DEFAULT_AVERAGE_BYTES } from "../chunking/mod.ts";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import { DEFAULT_ENTRIES_MAX } from "../fs/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  checkSnapshotName,
  findSnapshot,
  type GroupInfo,
  isFinished,
  type KeepOptions,
  parseGroupPath,
  type PruneDecision,
  type Repository,
  type SnapshotInfo,
  type StorageStatus,
} from "../repository/mod.ts";
import type { BackupOptions } from "./backup_options.ts";
import { EventObserver } from "./_event_observer.ts";
import { leaveOutOf } from "./leave_out_options.ts";
import { pathText } from "./path_bytes.ts";
import { StoredSnapshot } from "./stored_snapshot.ts";

const DEFAULT_RETRIES = 3;

/** A repository that was opened with `openRepository`, and what is done with it. */
export class BackupRepository implements AsyncDisposable {
  readonly #repository: Repository;
  readonly #crypt: BackupCrypt | undefined;

  /**
   * Use `openRepository` instead.
   *
   * @param repository Is closed with this one.
   */
  constructor(
    repository: Repository,
    /** Namespace of all snapshots; empty for the root namespace. */
    readonly namespace: string,
    crypt: BackupCrypt | undefined,
  ) {
    this.#repository = repository;
    this.#crypt = crypt;
  }

  /** Name in messages: a path, or `user@host:port:datastore`. */
  get name(): string {
    return this.#repository.displayName;
  }

  /**
   * Makes one snapshot of all sources. It becomes visible only when everything is stored.
   *
   * @param archives Archive name and source: `{ "root.pxar": "/", "disk.img": "/dev/vda" }`.
   * @throws {UsageError} if a name or pattern makes no sense, {NotFoundError} if a source is missing.
   * @throws {CancelledError} if the signal ended it.
   */
  async backup(
    archives: Readonly<Record<string, string | URL>>,
    options: BackupOptions = {},
  ): Promise<BackupReport> {
    const encoder = new TextEncoder();
    const specs = Object.entries(archives).map(([name, source]) =>
      parseArchiveSpec(encoder.encode(`${name}:${pathText(source)}`))
    );
    using observer = new EventObserver(options.onEvent);
    checkArchiveSources(specs, (level, line) => observer.log(level, line));
    const time = options.time?.getTime() ?? Date.now();
    const snapshot: BackupSnapshot = {
      type: options.type ?? "host",
      id: options.id ?? Deno.hostname().split(".")[0]!,
      time: Math.floor(time / 1000),
    };
    checkSnapshotName(snapshot);
    return await retryBackup(
      {
        repository: this.#repository,
        namespace: this.namespace,
        snapshot,
        archives: specs,
        excludes: options.exclude ?? [],
        ...(options.leaveOut === undefined ? {} : { leaveOut: leaveOutOf(options.leaveOut) }),
        skipLostAndFound: false,
        allFileSystems: options.allFileSystems ?? false,
        includeDevices: [],
        entriesMax: DEFAULT_ENTRIES_MAX,
        chunkSizeBytes: DEFAULT_AVERAGE_BYTES,
        dryRun: false,
        skipIfUnchanged: options.skipIfUnchanged ?? false,
        noCache: false,
        skipE2bigXattr: false,
        changeDetectionMode: options.changeDetection ?? "legacy",
        ...(this.#crypt === undefined ? {} : { crypt: this.#crypt }),
        signal: options.signal ?? new AbortController().signal,
      },
      observer,
      { retries: options.retries ?? DEFAULT_RETRIES, mayChangeTime: options.time === undefined },
    );
  }

  /** The groups of the namespace. */
  async groups(): Promise<GroupInfo[]> {
    return await this.#repository.listGroups(this.namespace);
  }

  /**
   * The finished snapshots of the namespace or of one group, by group, oldest first.
   *
   * @param group `host/web1`.
   */
  async snapshots(group?: string): Promise<StoredSnapshot[]> {
    const infos = await this.#list(group === undefined ? undefined : parseGroupPath(group));
    return infos.map((info) =>
      new StoredSnapshot(this.#repository, this.namespace, info, this.#crypt?.config)
    );
  }

  /**
   * One snapshot.
   *
   * @param path `host/web1/2026-01-31T03:00:00Z`; `host/web1` or `host/web1/latest` is the newest.
   * @throws {NotFoundError} if there is none, {UsageError} if the path is no such thing.
   */
  async snapshot(path: string): Promise<StoredSnapshot> {
    const info = await findSnapshot(this.#repository, this.namespace, path);
    if (!isFinished(info)) throw new NotFoundError(`snapshot ${path} is not finished`);
    return new StoredSnapshot(this.#repository, this.namespace, info, this.#crypt?.config);
  }

  /**
   * Removes the snapshots of a group that no rule keeps.
   *
   * @param group `host/web1`.
   * @returns What was decided about every snapshot.
   * @throws {UsageError} if no rule is given.
   */
  async prune(
    group: string,
    keep: KeepOptions,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<PruneDecision[]> {
    if (Object.values(keep).every((count) => count === undefined || count === 0)) {
      throw new UsageError("no rule says which snapshots to keep");
    }
    const { namespace } = this;
    return await this.#repository.prune({
      namespace,
      group: parseGroupPath(group),
      keep,
      ...options,
    });
  }

  /**
   * Deletes chunks that no snapshot needs and that were not used for a day.
   *
   * @param log Receives the lines of the report.
   */
  async collectGarbage(
    log: (line: string) => void = () => {},
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#repository.garbageCollect(log, signal);
  }

  /**
   * Reads everything again and compares it with its checksums; damaged chunks are set aside.
   *
   * @param group Only this one, `host/web1`.
   * @param log Receives the lines of the report.
   * @returns Whether all of it is sound.
   */
  async verify(
    group?: string,
    log: (line: string) => void = () => {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { ok } = await this.#repository.verify(
      {
        namespace: this.namespace,
        ...(group === undefined ? {} : { group: parseGroupPath(group) }),
        ignoreVerified: false,
      },
      log,
      signal,
    );
    return ok;
  }

  /** Space of the file system under the datastore. */
  async status(): Promise<StorageStatus> {
    return await this.#repository.status();
  }

  /** Closes connections and files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repository[Symbol.asyncDispose]();
  }

  async #list(group: BackupGroup | undefined): Promise<SnapshotInfo[]> {
    const infos = await this.#repository.listSnapshots(this.namespace, group);
    return infos.filter(isFinished);
  }
}
