import { describeError, LockedError, NotFoundError, PbsError } from "../errors/mod.ts";
import type { KeepOptions, PruneDecision, TaskLog } from "../repository/mod.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { LocalPeriods } from "./local_period.ts";
import { removeSnapshot } from "./remove_snapshot.ts";
import { decideRetention, type RetentionSnapshot } from "./retention.ts";
import { findDamage } from "./snapshot_damage.ts";
import { snapshotContents, snapshotsOf } from "./snapshot_tree.ts";

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
  group: DatastoreGroup,
  keep: KeepOptions,
  dryRun: boolean,
  log: TaskLog = () => {},
): Promise<PruneDecision[]> {
  if (!group.exists) {
    throw new NotFoundError(`group "${group.path}" not found - ENOENT: No such file or directory`);
  }
  const snapshots: RetentionSnapshot[] = [];
  for (const snapshot of await snapshotsOf(group)) {
    try {
      const contents = await snapshotContents(snapshot);
      const broken = contents.finished && await isBroken(snapshot, log);
      snapshots.push({ time: snapshot.time, ...contents, broken });
    } catch (error) {
      // Somebody else has removed it meanwhile.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  const periods = new LocalPeriods(group.datastore.options.timeZone);
  const marks = decideRetention(snapshots, keep, periods);
  const decisions: PruneDecision[] = snapshots.map((snapshot, i) => ({
    ...group.name,
    time: snapshot.time,
    keep: marks[i] !== "remove",
    protected: snapshot.protected,
    mark: marks[i]!,
  })).reverse();
  if (dryRun) return decisions;
  const done: PruneDecision[] = [];
  for (const decision of decisions) {
    const outcome = decision.keep
      ? {}
      : await removeOrWarn(DatastoreSnapshot.of(group, decision.time), log);
    done.push({ ...decision, ...outcome });
  }
  return done;
}

/** Whether a finished snapshot does not count. What shows only here is said. */
async function isBroken(snapshot: DatastoreSnapshot, log: TaskLog): Promise<boolean> {
  const damage = await findDamage(snapshot);
  const { broken, failedVerification } = damage;
  if (broken === undefined) return failedVerification;
  const { path } = snapshot;
  if (damage.unreadable) {
    throw new PbsError(
      `nothing was removed, as snapshot "${path}" could not be looked at: ${broken}`,
    );
  }
  log(`WARN: snapshot "${path}" is broken and does not count as kept: ${broken}`, true);
  return true;
}

/** @returns Why it is not gone. */
async function removeOrWarn(
  snapshot: DatastoreSnapshot,
  log: TaskLog,
): Promise<Pick<PruneDecision, "stayed" | "inUse">> {
  try {
    await removeSnapshot(snapshot);
    return {};
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    const reason = describeError(error).join(": ");
    log(`WARN: cannot remove snapshot "${snapshot.path}": ${reason}`, true);
    return error instanceof LockedError ? { inUse: true } : { stayed: true };
  }
}
