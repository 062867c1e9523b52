import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { GC_STATUS_FILE } from "./format.ts";
import type { SnapshotFiles } from "./snapshot_files.ts";

/** Counters of a garbage collection (spec: datastore-formats.md §6.3). */
export interface GcStatus {
  /** The task that collected; null if it never ran. */
  readonly upid: string | null;
  readonly indexFileCount: number;
  /** Sum of the virtual sizes of all indexes. */
  readonly indexDataBytes: number;
  readonly diskBytes: number;
  readonly diskChunks: number;
  readonly removedBytes: number;
  readonly removedChunks: number;
  /** Unused, but too young to be removed. */
  readonly pendingBytes: number;
  readonly pendingChunks: number;
  readonly removedBad: number;
  readonly stillBad: number;
}

/** Members of the file, by ours; its text is compact JSON. */
const MEMBERS = {
  indexFileCount: "index-file-count",
  indexDataBytes: "index-data-bytes",
  diskBytes: "disk-bytes",
  diskChunks: "disk-chunks",
  removedBytes: "removed-bytes",
  removedChunks: "removed-chunks",
  pendingBytes: "pending-bytes",
  pendingChunks: "pending-chunks",
  removedBad: "removed-bad",
  stillBad: "still-bad",
} as const;

type Counter = keyof typeof MEMBERS;

/** Counters that grow while garbage is collected. */
export type GcCounters = Record<Counter, number>;

/** The counters of a run that has not counted anything yet. */
export function newGcCounters(): GcCounters {
  const counters = Object.keys(MEMBERS).map((name) => [name, 0]);
  return Object.fromEntries(counters) as GcCounters;
}

/** Whether a value from outside has all counters, and nothing else. */
export function isGcCounters(value: unknown): value is GcCounters {
  if (typeof value !== "object" || value === null) return false;
  const entries = Object.entries(value);
  return entries.length === Object.keys(MEMBERS).length &&
    entries.every(([name, count]) =>
      Object.hasOwn(MEMBERS, name) && Number.isSafeInteger(count) && count >= 0
    );
}

/** The text of `.gc-status`. */
export function formatGcStatus(status: GcStatus): string {
  const members: [string, unknown][] = [["upid", status.upid]];
  for (const [name, member] of Object.entries(MEMBERS)) {
    members.push([member, status[name as Counter]]);
  }
  return JSON.stringify(Object.fromEntries(members));
}

/** Reads the text of `.gc-status`. @throws {CorruptDataError} if it is none. */
export function parseGcStatus(text: string): GcStatus {
  let members: Record<string, unknown>;
  try {
    members = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(`"${GC_STATUS_FILE}" is damaged: not valid JSON`, { cause });
  }
  const counters = newGcCounters();
  for (const [name, member] of Object.entries(MEMBERS)) {
    const value = members?.[member];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw new CorruptDataError(`"${GC_STATUS_FILE}" is damaged: member "${member}"`);
    }
    counters[name as Counter] = value;
  }
  return { upid: typeof members.upid === "string" ? members.upid : null, ...counters };
}

/** Counters of the last garbage collection; those of none if they cannot be read. */
export async function readGcStatus(
  { files }: { readonly files: Pick<SnapshotFiles, "read"> },
): Promise<GcStatus> {
  try {
    return parseGcStatus(new TextDecoder().decode(await files.read(GC_STATUS_FILE)));
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof CorruptDataError)) throw error;
    return { upid: null, ...newGcCounters() };
  }
}
