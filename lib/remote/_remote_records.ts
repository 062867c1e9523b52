import { CorruptDataError } from "../errors/mod.ts";
import {
  type BackupSnapshot,
  type BackupType,
  type DeletionCounts,
  type GarbageCounts,
  type GroupInfo,
  isBackupType,
  isCryptMode,
  type NamespaceInfo,
  type PruneDecision,
  type SnapshotFile,
  type SnapshotInfo,
  type StorageStatus,
  type TaskInfo,
} from "../repository/mod.ts";

/** An object of the server's answer whose members are checked as they are asked for. */
export class RemoteRecord {
  readonly #members: Readonly<Record<string, unknown>>;

  /** @param what Names the answer in messages. */
  constructor(value: unknown, readonly what: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new CorruptDataError(`the server's ${what} is not an object`);
    }
    this.#members = value as Record<string, unknown>;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name);
  }

  optionalText(name: string): string | undefined {
    const value = this.#members[name] ?? undefined;
    return value === undefined || typeof value === "string" ? value : this.#wrong(name, "text");
  }

  number(name: string): number {
    return this.optionalNumber(name) ?? this.#missing(name);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#members[name] ?? undefined;
    return value === undefined || Number.isSafeInteger(value)
      ? value as number | undefined
      : this.#wrong(name, "a whole number");
  }

  flag(name: string): boolean {
    const value = this.#members[name] ?? false;
    return typeof value === "boolean" ? value : this.#wrong(name, "true or false");
  }

  list(name: string): unknown[] {
    return listOf(this.#members[name] ?? [], `${this.what}, member "${name}"`);
  }

  optionalRecord(name: string): RemoteRecord | undefined {
    const value = this.#members[name] ?? undefined;
    return value === undefined ? undefined : new RemoteRecord(value, `${this.what}, "${name}"`);
  }

  /** Names of all members. */
  get names(): string[] {
    return Object.keys(this.#members);
  }

  type(): BackupType {
    const type = this.text("backup-type");
    return isBackupType(type) ? type : this.#wrong("backup-type", "a backup type");
  }

  snapshot(): BackupSnapshot {
    return { type: this.type(), id: this.text("backup-id"), time: this.number("backup-time") };
  }

  #missing(name: string): never {
    throw new CorruptDataError(`the server's ${this.what} has no member "${name}"`);
  }

  #wrong(name: string, expected: string): never {
    throw new CorruptDataError(`the server's ${this.what}: member "${name}" is not ${expected}`);
  }
}

/** The elements of a list. @throws {CorruptDataError} if the value is none. */
export function listOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new CorruptDataError(`the server's ${what} is not a list`);
  return value;
}

/** An object without the members that are undefined. */
function defined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as T;
}

/** spec: protocol.md §7.3 */
export function groupInfo(value: unknown): GroupInfo {
  const record = new RemoteRecord(value, "list of groups");
  return defined<GroupInfo>({
    type: record.type(),
    id: record.text("backup-id"),
    backupCount: record.number("backup-count"),
    lastBackup: record.number("last-backup"),
    files: record.list("files").map(String),
    owner: record.optionalText("owner"),
    comment: record.optionalText("comment"),
  });
}

/** spec: protocol.md §7.4 */
export function snapshotInfo(value: unknown): SnapshotInfo {
  const record = new RemoteRecord(value, "list of snapshots");
  return defined<SnapshotInfo>({
    ...record.snapshot(),
    files: record.list("files").map(snapshotFile),
    size: record.optionalNumber("size"),
    owner: record.optionalText("owner"),
    comment: record.optionalText("comment"),
    protected: record.flag("protected"),
    fingerprint: record.optionalText("fingerprint"),
    verification: verification(record.optionalRecord("verification")),
  });
}

function verification(record: RemoteRecord | undefined): SnapshotInfo["verification"] {
  if (record === undefined) return undefined;
  return { upid: record.text("upid"), state: record.text("state") === "ok" ? "ok" : "failed" };
}

/** spec: protocol.md §7.4 */
export function snapshotFile(value: unknown): SnapshotFile {
  const record = new RemoteRecord(value, "list of files");
  const mode = record.optionalText("crypt-mode");
  if (mode !== undefined && !isCryptMode(mode)) {
    throw new CorruptDataError(`the server's list of files: "${mode}" is not a crypt mode`);
  }
  return defined<SnapshotFile>({
    filename: record.text("filename"),
    cryptMode: mode,
    size: record.optionalNumber("size"),
  });
}

/** spec: protocol.md §7.5 */
export function pruneDecision(value: unknown): PruneDecision {
  const record = new RemoteRecord(value, "answer to prune");
  const keep = record.flag("keep");
  const isProtected = record.flag("protected");
  const mark = isProtected ? "protected" : keep ? "keep" : "remove";
  return { ...record.snapshot(), keep, protected: isProtected, mark };
}

/** spec: protocol.md §7.2 */
export function storageStatus(value: unknown): StorageStatus {
  const record = new RemoteRecord(value, "status");
  return defined<StorageStatus>({
    total: record.number("total"),
    used: record.number("used"),
    avail: record.number("avail"),
    backendType: record.optionalText("backend-type"),
  });
}

/** spec: protocol.md §7.7. @returns undefined if no collection has ended yet. */
export function garbageCounts(value: unknown): GarbageCounts | undefined {
  const record = new RemoteRecord(value, "garbage collection status");
  const upid = record.optionalText("upid");
  if (upid === undefined) return undefined;
  return defined<GarbageCounts>({
    upid,
    indexDataBytes: record.number("index-data-bytes"),
    diskBytes: record.number("disk-bytes"),
    diskChunks: record.number("disk-chunks"),
    removedBytes: record.optionalNumber("removed-bytes"),
    removedChunks: record.optionalNumber("removed-chunks"),
    pendingBytes: record.optionalNumber("pending-bytes"),
    pendingChunks: record.optionalNumber("pending-chunks"),
  });
}

/** spec: protocol.md §7.6 */
export function namespaceInfo(value: unknown): NamespaceInfo {
  const record = new RemoteRecord(value, "list of namespaces");
  return defined<NamespaceInfo>({
    namespace: record.text("ns"),
    comment: record.optionalText("comment"),
  });
}

/** spec: protocol.md §7.8 */
export function taskInfo(value: unknown): TaskInfo {
  const record = new RemoteRecord(value, "list of tasks");
  return defined<TaskInfo>({
    upid: record.text("upid"),
    node: record.text("node"),
    pid: record.number("pid"),
    pstart: record.number("pstart"),
    startTime: record.number("starttime"),
    workerType: record.text("worker_type"),
    workerId: record.optionalText("worker_id"),
    user: record.text("user"),
    endTime: record.optionalNumber("endtime"),
    status: record.optionalText("status"),
  });
}

/** spec: protocol.md §7.3; older servers answer with nothing. */
export function deletionCounts(value: unknown): DeletionCounts {
  const record = new RemoteRecord(value ?? {}, "answer to the deletion");
  return {
    removedGroups: record.optionalNumber("removed-groups") ?? 0,
    removedSnapshots: record.optionalNumber("removed-snapshots") ?? 0,
    protectedSnapshots: record.optionalNumber("protected-snapshots") ?? 0,
  };
}
