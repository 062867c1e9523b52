import { describeError, LockedError, NotFoundError, PbsError } from "../errors/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  type KeepOptions,
  type PruneDecision,
  type TaskLog,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { groupFolder } from "./layout.ts";
import { LocalPeriods } from "./local_period.ts";
import { removeSnapshot } from "./remove_snapshot.ts";
import { decideRetention, type RetentionSnapshot } from "./retention.ts";
import { findDamage } from "./snapshot_damage.ts";
import { snapshotContents, snapshotTimesOf } from "./snapshot_tree.ts";

/**
 * Removes the snapshots of a group that no rule keeps, oldest first (spec: datastore-formats.md
 * §6.8). Broken ones, and those whose verification failed, keep no other from being kept. One that cannot be removed, being read for example, stays with a warning.
 *
 * @returns What was decided about each snapshot, oldest first.
 * @throws {NotFoundError} if there is no such group.
 * @throws {PbsError} if the system does not let a manifest be read, before anything is removed: a
 *   snapshot that is whole but cannot be read now must not go in the place of an older one.
 */
export async function pruneGroup(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
  keep: KeepOptions,
  dryRun: boolean,
  log: TaskLog = () => {},
): Promise<PruneDecision[]> {
  if (!datastore.files.hasFolder(groupFolder(namespace, group))) {
    throw new NotFoundError(
      `group "${formatGroupPath(group)}" not found - ENOENT: No such file or directory`,
    );
  }
  const snapshots: RetentionSnapshot[] = [];
  for (const time of await snapshotTimesOf(datastore, namespace, group)) {
    const snapshot = { type: group.type, id: group.id, time };
    try {
      const contents = await snapshotContents(datastore, namespace, snapshot);
      const broken = contents.finished && await isBroken(datastore, namespace, snapshot, log);
      snapshots.push({ time, ...contents, broken });
    } catch (error) {
      // Somebody else has removed it meanwhile.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  const periods = new LocalPeriods(datastore.options.timeZone);
  const marks = decideRetention(snapshots, keep, periods);
  const decisions: PruneDecision[] = snapshots.map((snapshot, i) => ({
    type: group.type,
    id: group.id,
    time: snapshot.time,
    keep: marks[i] !== "remove",
    protected: snapshot.protected,
    mark: marks[i]!,
  })).reverse();
  if (dryRun) return decisions;
  const done: PruneDecision[] = [];
  for (const decision of decisions) {
    const stayed = !decision.keep && !await removeOrWarn(datastore, namespace, decision, log);
    done.push(stayed ? { ...decision, stayed } : decision);
  }
  return done;
}

/** Whether a finished snapshot does not count. What shows only here is said. */
async function isBroken(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
  log: TaskLog,
): Promise<boolean> {
  const damage = await findDamage(datastore, namespace, snapshot);
  const { broken, failedVerification } = damage;
  if (broken === undefined) return failedVerification;
  const path = formatSnapshotPath(snapshot);
  if (damage.unreadable) {
    throw new PbsError(
      `nothing was removed, as snapshot "${path}" could not be looked at: ${broken}`,
    );
  }
  log(`WARN: snapshot "${path}" is broken and does not count as kept: ${broken}`, true);
  return true;
}

/** @returns Whether it is gone, or somebody else is using it. */
async function removeOrWarn(
  datastore: Datastore,
  namespace: string,
  { type, id, time }: PruneDecision,
  log: TaskLog,
): Promise<boolean> {
  try {
    await removeSnapshot(datastore, namespace, { type, id, time });
    return true;
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    const path = formatSnapshotPath({ type, id, time });
    log(`WARN: cannot remove snapshot "${path}": ${describeError(error).join(": ")}`, true);
    return error instanceof LockedError;
  }
}
