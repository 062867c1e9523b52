import { setTimeout as delay } from "node:timers/promises";
import { isOwner } from "../datastore/mod.ts";
import { AuthError, CorruptDataError, describeError } from "../errors/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  type GroupInfo,
  isFinished,
  isTransientError,
  type SnapshotInfo,
} from "../repository/mod.ts";
import { type CopiedSnapshot, copySnapshot, type CopySnapshotOptions } from "../transfer/mod.ts";
import { outcomePlace, placeName } from "./_place.ts";
import { resync } from "./_resync.ts";
import type { SyncRun } from "./_sync_run.ts";
import { removeSnapshots } from "./_vanished.ts";
import { chooseSnapshots } from "./choose_snapshots.ts";

/** Pauses before the first, second and further attempts. */
const PAUSES_MS = [2_000, 10_000, 30_000] as const;

/** A group of the source, and where it goes. */
export interface SyncedGroup {
  readonly group: BackupGroup;
  readonly sourceNamespace: string;
  readonly targetNamespace: string;
  /** Its owner in the source. */
  readonly sourceOwner: string | undefined;
  /** The group of the target, if there is one. */
  readonly existing: GroupInfo | undefined;
}

/** Makes a group of the target equal to that of the source. What fails is named. */
export async function syncGroup(run: SyncRun, synced: SyncedGroup): Promise<void> {
  const { group, sourceNamespace, targetNamespace } = synced;
  const place = { namespace: targetNamespace, group: formatGroupPath(group) };
  await run.attempt(place, async () => {
    requireOwner(run, synced);
    const { source, target, resyncCorrupt, removeVanished } = run.request;
    const there = await source.listSnapshots(sourceNamespace, group);
    const here = synced.existing === undefined
      ? []
      : (await target.listSnapshots(targetNamespace, group)).filter(isFinished);
    if (resyncCorrupt) await resyncBad(run, synced, there, here);
    const isWhole = await copyNew(run, synced, there, here);
    // Where a new one could not be copied nothing of what was copied before is removed.
    if (removeVanished && isWhole) {
      const times = new Set(there.map(({ time }) => time));
      const vanished = here.filter(({ time }) => !times.has(time));
      await removeSnapshots(run, synced, vanished);
    }
  });
}

function requireOwner({ request }: SyncRun, { existing, sourceOwner, group }: SyncedGroup): void {
  const wanted = request.ownerFor(sourceOwner);
  const owner = existing?.owner;
  if (wanted === undefined || owner === undefined || isOwner(owner, wanted)) return;
  throw new AuthError(
    `the group belongs to ${owner} in ${request.target.displayName}, and not to ${wanted}`,
    { situation: { kind: "group-of-another", group: formatGroupPath(group), owner } },
  );
}

/** @returns Whether all that were meant are there now. */
async function copyNew(
  run: SyncRun,
  synced: SyncedGroup,
  there: readonly SnapshotInfo[],
  here: readonly SnapshotInfo[],
): Promise<boolean> {
  const { group, sourceNamespace, targetNamespace, sourceOwner } = synced;
  const { request, observer } = run;
  const newest = here.length === 0 ? undefined : Math.max(...here.map(({ time }) => time));
  const { copied, leftOut, passedOver } = chooseSnapshots(there, newest, request);
  const placed = ({ time }: SnapshotInfo) => ({
    namespace: targetNamespace,
    snapshot: { ...group, time },
  });
  for (const { info, reason, isCorrupt } of leftOut) {
    run.done({ ...outcomePlace(placed(info)), action: "leave-out", reason, isCorrupt });
  }
  run.counts.snapshotsLeftOut += passedOver;
  if (passedOver > 0) {
    const name = placeName({ namespace: targetNamespace, group: formatGroupPath(group) });
    observer.log(
      "info",
      `${name}: ${passedOver} new snapshots are not among the last ${request.transferLast}`,
    );
  }
  let isNew = synced.existing === undefined;
  let isWhole = true;
  for (const info of copied) {
    request.signal.throwIfAborted();
    const to = placed(info);
    const outcome = { ...outcomePlace(to), sizeBytes: info.size ?? 0 };
    if (request.dryRun) {
      run.done({ ...outcome, action: "copy" });
      continue;
    }
    const from = { namespace: sourceNamespace, snapshot: to.snapshot };
    observer.begin(outcome);
    try {
      const { warnings } = await copyPatiently(run, { from, to });
      for (const warning of warnings) observer.log("warn", `${placeName(outcome)}: ${warning}`);
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      // Those after it may be sound, and are all the more needed.
      run.done({ ...outcome, action: "fail", reason: `it is corrupt: ${error.message}` });
      isWhole = false;
      continue;
    }
    run.done({ ...outcome, action: "copy" });
    const owner = request.ownerFor(sourceOwner);
    if (isNew && owner !== undefined && owner !== request.ownerOfNew) {
      await request.target.changeOwner(targetNamespace, group, owner);
    }
    isNew = false;
  }
  return isWhole;
}

/** Copies a snapshot, and begins again if a connection is lost. */
async function copyPatiently(
  { request, observer }: SyncRun,
  places: Pick<CopySnapshotOptions, "from" | "to">,
): Promise<CopiedSnapshot> {
  const { source, target, signal, retries = 0 } = request;
  for (let attempt = 0;; attempt++) {
    try {
      return await copySnapshot(source, target, { ...places, observer, signal });
    } catch (error) {
      if (attempt >= retries || !isTransientError(error)) throw error;
      const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]!;
      const [reason] = describeError(error);
      observer.log("info", `${reason}: trying again in ${pauseMs / 1000} s`);
      await delay(pauseMs, undefined, { signal });
    }
  }
}

async function resyncBad(
  run: SyncRun,
  { group, sourceNamespace, targetNamespace }: SyncedGroup,
  there: readonly SnapshotInfo[],
  here: readonly SnapshotInfo[],
): Promise<void> {
  const good = new Set(
    there.filter((each) => isFinished(each) && each.verification?.state !== "failed")
      .map(({ time }) => time),
  );
  for (const { time, size, verification } of here) {
    if (verification?.state !== "failed" || !good.has(time)) continue;
    const to = { namespace: targetNamespace, snapshot: { ...group, time } };
    const outcome = { ...outcomePlace(to), sizeBytes: size ?? 0 };
    await run.attempt(outcome, async () => {
      if (!run.request.dryRun) {
        run.observer.begin(outcome);
        await resync(run, to, sourceNamespace);
      }
      run.done({ ...outcome, action: "resync" });
    });
  }
}
