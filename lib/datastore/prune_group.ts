import { describeError, NotFoundError, PbsError } from "../errors/mod.ts";
import {
  type BackupGroup,
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
import { snapshotContents, snapshotTimesOf } from "./snapshot_tree.ts";

/**
 * Removes the snapshots of a group that no rule keeps, oldest first (spec: datastore-formats.md
 * §6.8). One that cannot be removed, being read for example, stays with a warning.
 *
 * @returns What was decided about each snapshot, oldest first.
 * @throws {NotFoundError} if there is no such group.
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
    const contents = await snapshotContents(datastore, namespace, snapshot).catch(ignoreVanished);
    if (contents) snapshots.push({ time, ...contents });
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
  for (const decision of decisions) {
    if (!decision.keep) await removeOrWarn(datastore, namespace, decision, log);
  }
  return decisions;
}

async function removeOrWarn(
  datastore: Datastore,
  namespace: string,
  { type, id, time }: PruneDecision,
  log: TaskLog,
): Promise<void> {
  try {
    await removeSnapshot(datastore, namespace, { type, id, time });
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    const path = formatSnapshotPath({ type, id, time });
    log(`WARN: cannot remove snapshot "${path}": ${describeError(error).join(": ")}`);
  }
}

function ignoreVanished(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}
