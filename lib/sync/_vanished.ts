import { isOwner } from "../datastore/mod.ts";
import { ConflictError, NotFoundError } from "../errors/mod.ts";
import { passesFilters } from "../filters/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  type GroupInfo,
  isFinished,
  type Repository,
  type SnapshotInfo,
} from "../repository/mod.ts";
import { outcomePlace, placeName } from "./_place.ts";
import type { SyncRun } from "./_sync_run.ts";

/** A group of the target, and where it would be in the source. */
export interface GroupPlaces {
  readonly group: BackupGroup;
  /** Undefined if the source has no such namespace. */
  readonly sourceNamespace: string | undefined;
  readonly targetNamespace: string;
}

/**
 * Removes snapshots of a group that are no longer in the source's list, except for protected ones.
 *
 * @returns Whether all of them are gone, or would be.
 */
export async function removeSnapshots(
  run: SyncRun,
  { group, sourceNamespace, targetNamespace }: GroupPlaces,
  vanished: readonly SnapshotInfo[],
): Promise<boolean> {
  if (vanished.length === 0) return true;
  const { source, target, dryRun } = run.request;
  const damaged: ReadonlySet<number> = sourceNamespace === undefined
    ? new Set()
    : await unlistedTimes(source, sourceNamespace, group);
  let isEmpty = true;
  for (const info of vanished) {
    const { time } = info;
    const snapshot = { ...group, time };
    const place = outcomePlace({ namespace: targetNamespace, snapshot });
    if (damaged.has(time)) {
      isEmpty = false;
      const reason = "its manifest is missing in the source";
      run.done({ ...place, action: "leave-out", reason });
    } else if (info.protected) {
      isEmpty = false;
      run.done({ ...place, action: "keep", reason: "it is protected" });
    } else {
      const isDone = await run.attempt(place, async () => {
        if (!dryRun) await target.forgetSnapshot(targetNamespace, snapshot);
        run.done({ ...place, action: "remove" });
      });
      isEmpty &&= isDone;
    }
  }
  return isEmpty;
}

/** Times of snapshots that are there and not listed: a copy of what is damaged is not to be removed. */
async function unlistedTimes(
  source: Repository,
  namespace: string,
  group: BackupGroup,
): Promise<ReadonlySet<number>> {
  await using raw = source.beginRepair?.(() => {});
  if (raw === undefined) return new Set();
  return new Set((await raw.list({ namespace, group })).map(({ snapshot }) => snapshot.time));
}

/**
 * Removes what a namespace of the target has of groups that are no longer in the source.
 *
 * @param there Groups that the source has, as `type/id`.
 * @returns Whether nothing is left of the groups that were looked at, nor of any other.
 */
export async function removeVanishedGroups(
  run: SyncRun,
  places: Omit<GroupPlaces, "group">,
  there: ReadonlySet<string>,
): Promise<boolean> {
  const { target, filters, ownerFor, signal } = run.request;
  const { targetNamespace } = places;
  let isEmpty = true;
  for (const info of await target.listGroups(targetNamespace)) {
    signal.throwIfAborted();
    const { type, id, owner } = info;
    const group = { type, id };
    const path = formatGroupPath(group);
    if (there.has(path)) {
      isEmpty = false;
      continue;
    }
    if (!passesFilters(group, filters) || !mayRemove(info, ownerFor(owner))) {
      isEmpty = false;
      continue;
    }
    const outcome = { namespace: targetNamespace, group: path };
    const isDone = await run.attempt(outcome, async () => {
      const snapshots = await target.listSnapshots(targetNamespace, group);
      await requireGone(run, { ...places, group }, snapshots);
      const finished = snapshots.filter(isFinished);
      const isWhole = await removeSnapshots(run, { ...places, group }, finished);
      if (!isWhole || finished.length < snapshots.length) isEmpty = false;
    });
    isEmpty &&= isDone;
  }
  return isEmpty;
}

/** Whether a group belongs to the one that synchronises. */
function mayRemove({ owner }: GroupInfo, wanted: string | undefined): boolean {
  return wanted === undefined || owner === undefined || isOwner(owner, wanted);
}

/**
 * A server does not list a group whose owner it cannot read.
 *
 * @throws {ConflictError} if the source still has one of the snapshots.
 */
async function requireGone(
  { request: { source } }: SyncRun,
  { group, sourceNamespace }: GroupPlaces,
  snapshots: readonly SnapshotInfo[],
): Promise<void> {
  const newest = snapshots.toSorted((a, b) => b.time - a.time)[0];
  if (newest === undefined || sourceNamespace === undefined) return;
  try {
    await source.listFiles(sourceNamespace, { ...group, time: newest.time });
  } catch (error) {
    if (error instanceof NotFoundError) return;
    throw error;
  }
  throw new ConflictError("the source does not list the group, but has its snapshots");
}

/**
 * Removes a namespace of the target that the source no longer has, with what is in it. What belongs to
 * others, or is protected, keeps it.
 */
export async function removeNamespace(run: SyncRun, targetNamespace: string): Promise<void> {
  const { target, dryRun } = run.request;
  const outcome = { namespace: targetNamespace };
  await run.attempt(outcome, async () => {
    const isEmpty = await removeVanishedGroups(
      run,
      { sourceNamespace: undefined, targetNamespace },
      new Set(),
    );
    const below = await target.listNamespaces(targetNamespace, 1);
    if (!isEmpty || !dryRun && below.length > 1) {
      run.observer.log("info", `${placeName(outcome)} is not empty, and stays`);
      return;
    }
    if (!dryRun) await target.deleteNamespace(targetNamespace, false);
    run.done({ ...outcome, action: "remove" });
  });
}
