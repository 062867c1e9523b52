import {
  type BackupGroup,
  type BackupSnapshot,
  compareGroups,
  formatGroupPath,
  isFinished,
  type PlacedSnapshot,
  type Repository,
  type SnapshotInfo,
} from "../repository/mod.ts";

/** Choice of snapshots to copy, and where to. */
export interface CopySelection {
  /** Namespace of the source. */
  readonly namespace: string;
  /** Levels of namespaces below it that are copied as well; default 0. */
  readonly maxDepth?: number | undefined;
  /** Namespace of the target that stands for that of the source. It need not exist. */
  readonly targetNamespace: string;
  /**
   * Whether a snapshot is meant; default all. It is also told whether it is the newest finished one of
   * its group.
   */
  readonly isMeant?: ((snapshot: BackupSnapshot, isNewest: boolean) => boolean) | undefined;
  /** Only the newest so many of each group. */
  readonly last?: number | undefined;
  /** Only snapshots from this time on, seconds since the epoch. */
  readonly sinceSeconds?: number | undefined;
}

/**
 * Fate of a snapshot. `present`: the target has one of that time; `older`: it is older than the newest one
 * of the target's group, which only grows at its end; `unfinished`: it has no manifest yet.
 */
export type CopyDecision = "copy" | "present" | "older" | "unfinished";

/** A snapshot that was chosen. */
export interface PlannedSnapshot {
  readonly from: PlacedSnapshot;
  readonly to: PlacedSnapshot;
  readonly info: SnapshotInfo;
  readonly decision: CopyDecision;
}

/** A group of the source, with at least one snapshot that was chosen. */
export interface PlannedGroup {
  readonly group: BackupGroup;
  readonly namespace: string;
  readonly targetNamespace: string;
  /** Time of the newest snapshot of the target's group; undefined if it has none. */
  readonly targetNewest: number | undefined;
  /** Those that were chosen, the oldest first. */
  readonly snapshots: readonly PlannedSnapshot[];
}

/** Everything that is to be copied. */
export interface CopyPlan {
  /** In the order of listings, namespaces first. */
  readonly groups: readonly PlannedGroup[];
}

/**
 * Finds out which snapshots are to be copied. Nothing is written.
 *
 * @throws {NotFoundError} if the source has no such namespace.
 */
export async function planCopy(
  source: Repository,
  target: Repository,
  selection: CopySelection,
): Promise<CopyPlan> {
  const { namespace: root, maxDepth = 0, targetNamespace } = selection;
  const namespaces = maxDepth === 0
    ? [root]
    : (await source.listNamespaces(root, maxDepth)).map(({ namespace }) => namespace);
  const inTarget = new Set((await target.listNamespaces("")).map(({ namespace }) => namespace));
  const groups: PlannedGroup[] = [];
  for (const namespace of namespaces) {
    const to = mapNamespace(namespace, root, targetNamespace);
    const found = byGroup(await source.listSnapshots(namespace));
    if (found.size === 0) continue;
    const isThere = to === "" || inTarget.has(to);
    const there = byGroup(isThere ? await target.listSnapshots(to) : []);
    const sorted = [...found.values()].toSorted(([a], [b]) => compareGroups(a!, b!));
    for (const snapshots of sorted) {
      const { type, id } = snapshots[0]!;
      const group = { type, id };
      const chosen = choose(snapshots, selection);
      if (chosen.length === 0) continue;
      const present = (there.get(formatGroupPath(group)) ?? []).filter(isFinished);
      const targetNewest = present.length === 0
        ? undefined
        : Math.max(...present.map(({ time }) => time));
      const times = new Set(present.map(({ time }) => time));
      groups.push({
        group,
        namespace,
        targetNamespace: to,
        targetNewest,
        snapshots: chosen.map((info) => {
          const snapshot = { type, id, time: info.time };
          return {
            from: { namespace, snapshot },
            to: { namespace: to, snapshot },
            info,
            decision: decide(info, times, targetNewest),
          };
        }),
      });
    }
  }
  return { groups };
}

/** The namespace of the target that a namespace of the source becomes. */
function mapNamespace(namespace: string, root: string, targetRoot: string): string {
  const below = root === "" ? namespace : namespace.slice(root.length + 1);
  return [targetRoot, below].filter((part) => part !== "").join("/");
}

function byGroup(snapshots: readonly SnapshotInfo[]): Map<string, SnapshotInfo[]> {
  return Map.groupBy(snapshots, formatGroupPath);
}

/** Those that the selection means, the oldest first. */
function choose(snapshots: readonly SnapshotInfo[], selection: CopySelection): SnapshotInfo[] {
  const { isMeant, last, sinceSeconds } = selection;
  const sorted = snapshots.toSorted((a, b) => a.time - b.time);
  const finished = sorted.filter(isFinished);
  const newest = finished.at(-1);
  const candidates = last === undefined
    ? sorted
    : finished.slice(Math.max(finished.length - last, 0));
  return candidates.filter((each) =>
    (sinceSeconds === undefined || each.time >= sinceSeconds) &&
    (isMeant === undefined || isMeant(each, each === newest))
  );
}

function decide(
  info: SnapshotInfo,
  present: ReadonlySet<number>,
  newest: number | undefined,
): CopyDecision {
  if (present.has(info.time)) return "present";
  if (!isFinished(info)) return "unfinished";
  return newest !== undefined && info.time < newest ? "older" : "copy";
}
