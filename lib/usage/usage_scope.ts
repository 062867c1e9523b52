import { AuthError, LockedError } from "../errors/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  isFinished,
  type Repository,
} from "../repository/mod.ts";
import { fetchAhead } from "./_fetch_ahead.ts";
import { fetchIndexes, type PlacedSnapshot, type SnapshotIndexes } from "./_snapshot_indexes.ts";

/** Snapshots whose indexes are fetched at the same time. */
const AHEAD = 4;

/** How far the reading of indexes has come. */
export interface UsageProgress {
  readonly snapshotsDone: number;
  readonly snapshotsTotal: number;
}

/** Snapshots that are looked at together. */
export interface UsageScope {
  /** By namespace, then group, then time. */
  readonly snapshots: readonly PlacedSnapshot[];
  /** Number of namespaces they are in. */
  readonly namespaces: number;
}

/** All finished snapshots of a namespace and those below it. */
export async function namespaceScope(
  repository: Repository,
  parent: string,
): Promise<UsageScope> {
  const names = (await repository.listNamespaces(parent)).map(({ namespace }) => namespace);
  const snapshots: PlacedSnapshot[] = [];
  for (const namespace of names.toSorted()) {
    snapshots.push(...await snapshotsIn(repository, namespace));
  }
  return { snapshots, namespaces: names.length };
}

/** All finished snapshots of a group. */
export async function groupScope(
  repository: Repository,
  namespace: string,
  group: BackupGroup,
): Promise<UsageScope> {
  return { snapshots: await snapshotsIn(repository, namespace, group), namespaces: 1 };
}

async function snapshotsIn(
  repository: Repository,
  namespace: string,
  group?: BackupGroup,
): Promise<PlacedSnapshot[]> {
  const found = (await repository.listSnapshots(namespace, group)).filter(isFinished)
    .map(({ type, id, time }) => ({ type, id, time, namespace }));
  return found.sort((a, b) => {
    const [left, right] = [formatGroupPath(a), formatGroupPath(b)];
    return left === right ? a.time - b.time : left < right ? -1 : 1;
  });
}

/** A snapshot and what it refers to; nothing if it may not or cannot be read now. */
export type ReadSnapshot = readonly [PlacedSnapshot, SnapshotIndexes | "unread"];

/**
 * The indexes of snapshots, in order. What has vanished meanwhile is left out.
 *
 * @param onProgress Told after each.
 * @throws {CorruptDataError} if an index is damaged; names it.
 */
export async function* indexesOf(
  repository: Repository,
  snapshots: readonly PlacedSnapshot[],
  onProgress: (progress: UsageProgress) => void = () => {},
): AsyncGenerator<ReadSnapshot> {
  let done = 0;
  const fetch = async (snapshot: PlacedSnapshot) => {
    try {
      return await fetchIndexes(repository, snapshot);
    } catch (error) {
      if (error instanceof AuthError || error instanceof LockedError) return "unread";
      throw error;
    }
  };
  for await (const [snapshot, found] of fetchAhead(snapshots, AHEAD, fetch)) {
    if (found !== undefined) yield [snapshot, found];
    onProgress({ snapshotsDone: ++done, snapshotsTotal: snapshots.length });
  }
}
