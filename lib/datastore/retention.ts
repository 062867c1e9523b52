import type { KeepOptions, PruneDecision } from "../repository/mod.ts";
import type { LocalPeriods, Period } from "./local_period.ts";

/** A snapshot as prune sees it. */
export interface RetentionSnapshot {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly finished: boolean;
  readonly protected: boolean;
  /** Whether it cannot be restored, or not be relied on; it keeps no other from being kept then. */
  readonly broken?: boolean;
}

/** Fate of a snapshot. */
export type RetentionMark = PruneDecision["mark"];

const PERIODS: readonly Period[] = ["hourly", "daily", "weekly", "monthly", "yearly"];

/** Whether any rule is used; without one, everything is kept. */
export function keepsSomething(keep: KeepOptions): boolean {
  return ["last" as const, ...PERIODS].some((rule) => (keep[rule] ?? 0) > 0);
}

/**
 * Decides about the snapshots of one group (spec: datastore-formats.md §6.8). Broken ones are kept as
 * long as the reference keeps them, but the others as if those were not there.
 *
 * @param snapshots Newest first.
 * @returns A mark for each, in the same order.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LocalPeriods } from "./local_period.ts";
 * const snapshots = [3, 2, 1].map((time) => ({ time, finished: true, protected: time === 2 }));
 * const marks = decideRetention(snapshots, { last: 1 }, new LocalPeriods("UTC"));
 * assertEquals(marks, ["keep", "protected", "remove"]);
 * ```
 */
export function decideRetention(
  snapshots: readonly RetentionSnapshot[],
  keep: KeepOptions,
  periods: LocalPeriods,
): RetentionMark[] {
  if (!keepsSomething(keep)) {
    return snapshots.map((snapshot) => snapshot.protected ? "protected" : "keep");
  }
  const marks = applyRules(snapshots, keep, periods);
  const intact = snapshots.filter((snapshot) => snapshot.finished && !snapshot.broken);
  if (intact.length === snapshots.length) return marks;
  const intactMarks = applyRules(intact, keep, periods);
  for (const [i, snapshot] of intact.entries()) {
    marks[snapshots.indexOf(snapshot)] = intactMarks[i]!;
  }
  return marks;
}

function applyRules(
  snapshots: readonly RetentionSnapshot[],
  keep: KeepOptions,
  periods: LocalPeriods,
): RetentionMark[] {
  const marks: (RetentionMark | undefined)[] = snapshots.map((snapshot, i) => {
    if (snapshot.finished) return undefined;
    // The newest of all may be running.
    return i === 0 ? "keep-partial" : "remove";
  });
  applyRule(snapshots, marks, keep.last, (time) => String(time));
  for (const period of PERIODS) {
    applyRule(snapshots, marks, keep[period], (time) => periods.nameOf(period, time));
  }
  return snapshots.map((snapshot, i) => snapshot.protected ? "protected" : marks[i] ?? "remove");
}

function applyRule(
  snapshots: readonly RetentionSnapshot[],
  marks: (RetentionMark | undefined)[],
  count: number | undefined,
  nameOf: (time: number) => string,
): void {
  if (count === undefined || count <= 0) return;
  const covered = new Set<string>();
  for (const [i, { time }] of snapshots.entries()) {
    if (marks[i] === "keep") covered.add(nameOf(time));
  }
  const seen = new Set<string>();
  for (const [i, snapshot] of snapshots.entries()) {
    if (marks[i] !== undefined || snapshot.protected) continue;
    const name = nameOf(snapshot.time);
    if (covered.has(name)) continue;
    if (seen.has(name)) {
      marks[i] = "remove";
      continue;
    }
    if (seen.size >= count) break;
    seen.add(name);
    marks[i] = "keep";
  }
}
