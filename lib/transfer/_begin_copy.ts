import { AuthError } from "../errors/mod.ts";
import {
  type BackupTarget,
  isFinished,
  type PlacedSnapshot,
  type Repository,
  SnapshotExistsError,
} from "../repository/mod.ts";

/**
 * Begins a copy. It cannot get another time, so that what a copy has left that was killed is removed; a
 * directory does that under its locks, a server when it is asked to.
 */
export async function beginCopy(target: Repository, to: PlacedSnapshot): Promise<BackupTarget> {
  const begin = { ...to, replacesRemains: true };
  try {
    return await target.beginBackup(begin);
  } catch (error) {
    if (!(error instanceof SnapshotExistsError) || !await removeRemains(target, to)) throw error;
    return await target.beginBackup(begin);
  }
}

/** @returns Whether something is gone that was in the way. */
async function removeRemains(
  target: Repository,
  { namespace, snapshot }: PlacedSnapshot,
): Promise<boolean> {
  const { type, id, time } = snapshot;
  const there = (await target.listSnapshots(namespace, { type, id }))
    .find((each) => each.time === time);
  if (there === undefined || isFinished(there) || there.protected) return false;
  try {
    await target.forgetSnapshot(namespace, snapshot);
    return true;
  } catch (error) {
    if (error instanceof AuthError) return false;
    throw error;
  }
}
