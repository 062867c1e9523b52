import {
  type BackupGroup,
  formatGroupPath,
  parseUpid,
  type Repository,
  type SnapshotInfo,
} from "../repository/mod.ts";

/** A group as its snapshots show it. */
export interface GroupHealth extends BackupGroup {
  readonly namespace: string;
  /** Finished snapshots. */
  readonly snapshots: number;
  /** Time of the newest finished snapshot, seconds; absent if there is none. */
  readonly newest?: number;
  /** Snapshots whose last verification has failed. */
  readonly failedVerifications: number;
  /** Since when every snapshot has been looked at, seconds; absent if there is no snapshot. */
  readonly verifiedSince?: number;
}

/**
 * The health of all groups of a namespace and those below it.
 *
 * @param repository Only listed from.
 */
export async function collectHealth(
  repository: Pick<Repository, "listNamespaces" | "listSnapshots">,
  namespace: string,
): Promise<GroupHealth[]> {
  const groups: GroupHealth[] = [];
  for (const { namespace: each } of await repository.listNamespaces(namespace)) {
    const byGroup = new Map<string, SnapshotInfo[]>();
    for (const snapshot of await repository.listSnapshots(each)) {
      const path = formatGroupPath(snapshot);
      const list = byGroup.get(path);
      if (list === undefined) byGroup.set(path, [snapshot]);
      else list.push(snapshot);
    }
    for (const snapshots of byGroup.values()) {
      const [{ type, id }] = snapshots as [SnapshotInfo];
      groups.push(groupHealth(each, { type, id }, snapshots));
    }
  }
  return groups;
}

/** The health of a group, from its snapshots in any order. */
export function groupHealth(
  namespace: string,
  group: BackupGroup,
  snapshots: readonly SnapshotInfo[],
): GroupHealth {
  // Without a manifest there is no size: it is under way, or was not ended.
  const finished = snapshots.filter((snapshot) => snapshot.size !== undefined);
  const times = finished.map((snapshot) => snapshot.time);
  const looked = finished.map(({ time, verification }) =>
    verification === undefined ? time : verifiedAt(verification.upid) ?? time
  );
  return {
    ...group,
    namespace,
    snapshots: finished.length,
    failedVerifications: finished.filter(({ verification }) => verification?.state === "failed")
      .length,
    ...finished.length === 0 ? {} : {
      newest: times.reduce((a, b) => Math.max(a, b)),
      verifiedSince: looked.reduce((a, b) => Math.min(a, b)),
    },
  };
}

/** When a verification began, from the identifier of its task; undefined if it is no such. */
function verifiedAt(upid: string): number | undefined {
  try {
    return parseUpid(upid).startTime;
  } catch {
    return undefined;
  }
}
