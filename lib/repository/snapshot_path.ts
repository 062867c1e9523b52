import { UsageError } from "../errors/mod.ts";
import { formatBackupTime, parseBackupTime } from "./backup_time.ts";
import { isSafeName } from "./parse_repository_rules.ts";

/** The three kinds of things that are backed up (spec: datastore-formats.md §6.2). */
export type BackupType = "ct" | "host" | "vm";

/** A group: all snapshots of one guest or host. */
export interface BackupGroup {
  /** Kind of thing that is backed up. */
  readonly type: BackupType;
  /** Name or number of the host, container or guest. */
  readonly id: string;
}

/** One snapshot of a group; `time` is seconds since the epoch. */
export interface BackupSnapshot extends BackupGroup {
  /** Seconds since the epoch. */
  readonly time: number;
}

/** All backup types, in the order of listings. */
export const BACKUP_TYPES: readonly BackupType[] = ["ct", "host", "vm"];

/** Whether a text names a backup type. */
export function isBackupType(text: string): text is BackupType {
  return text === "ct" || text === "host" || text === "vm";
}

/** The path of a group, `type/id`. */
export function formatGroupPath(group: BackupGroup): string {
  return `${group.type}/${group.id}`;
}

/** The path of a snapshot, `type/id/time`. @throws {UsageError} if its time is out of range. */
export function formatSnapshotPath(snapshot: BackupSnapshot): string {
  return `${snapshot.type}/${snapshot.id}/${formatBackupTime(snapshot.time)}`;
}

/**
 * Reads `type/id`.
 *
 * @throws {UsageError} if the text is anything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseGroupPath("host/web1"), { type: "host", id: "web1" });
 * ```
 */
export function parseGroupPath(text: string): BackupGroup {
  const parts = text.split("/");
  const [type = "", id = ""] = parts;
  if (parts.length !== 2 || !isBackupType(type) || !isSafeName(id)) {
    throw malformed(`unable to parse backup group path '${text}'`, text);
  }
  return { type, id };
}

/**
 * Reads `type/id/time`.
 *
 * @throws {UsageError} if the text is anything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const snapshot = parseSnapshotPath("host/web1/2023-11-14T22:13:20Z");
 * assertEquals(snapshot, { type: "host", id: "web1", time: 1700000000 });
 * ```
 */
export function parseSnapshotPath(text: string): BackupSnapshot {
  const parts = text.split("/");
  const [type = "", id = "", time = ""] = parts;
  if (
    parts.length !== 3 || !isBackupType(type) || !isSafeName(id) ||
    !/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(time)
  ) {
    throw malformed(`unable to parse backup snapshot path '${text}'`, text);
  }
  return { type, id, time: parseBackupTime(time) };
}

function malformed(message: string, text: string): UsageError {
  return new UsageError(message, { situation: { kind: "malformed-snapshot", text } });
}

/** Reads `type/id` or `type/id/time`. @throws {UsageError} if the text is neither. */
export function parseGroupOrSnapshotPath(text: string): BackupGroup | BackupSnapshot {
  return text.split("/").length === 3 ? parseSnapshotPath(text) : parseGroupPath(text);
}

/**
 * Checks a group that did not come from a path.
 *
 * @throws {UsageError} if its id may not be a backup id.
 */
export function checkGroup(group: BackupGroup): void {
  if (!isBackupType(group.type)) throw new UsageError(`"${group.type}" is not a backup type`);
  if (!isSafeName(group.id)) throw new UsageError(`"${group.id}" is not a backup id`);
}

/** Checks a snapshot that did not come from a path. @throws {UsageError} on a wrong id or time. */
export function checkSnapshotName(snapshot: BackupSnapshot): void {
  checkGroup(snapshot);
  if (snapshot.time < 1) throw new UsageError(`backup time ${snapshot.time} is out of range`);
  formatBackupTime(snapshot.time);
}

/**
 * Orders groups as listings do: by type, then numeric ids by value, then all others by bytes
 * (spec: datastore-formats.md §6.2).
 */
export function compareGroups(a: BackupGroup, b: BackupGroup): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  const left = numericId(a.id);
  const right = numericId(b.id);
  if (left !== undefined && right !== undefined && left !== right) return left < right ? -1 : 1;
  if ((left === undefined) !== (right === undefined)) return left === undefined ? 1 : -1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** The value of an id that is a number of 64 bits. */
function numericId(id: string): bigint | undefined {
  if (!/^[0-9]+$/.test(id)) return undefined;
  const value = BigInt(id);
  return value < 1n << 64n ? value : undefined;
}
