import { ConflictError, NotFoundError } from "../errors/mod.ts";
import type { DeletionCounts } from "../repository/mod.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import { removeGroupIfEmpty, removeSnapshotOnly } from "./remove_snapshot.ts";
import { isProtected } from "./snapshot_flags.ts";
import { snapshotsOf } from "./snapshot_tree.ts";

/**
 * Removes all snapshots of a group that are not protected, and the group if nothing is left.
 *
 * @throws {NotFoundError} if there is no such group.
 * @throws {LockedError} if it, or one of its snapshots, is in use; others may be gone then.
 */
export async function removeGroup(group: DatastoreGroup): Promise<DeletionCounts> {
  if (!group.exists) throw new NotFoundError(`group "${group.path}" does not exist`);
  using _lock = await group.lock();
  let [removedSnapshots, protectedSnapshots] = [0, 0];
  for (const snapshot of (await snapshotsOf(group)).reverse()) {
    if (isProtected(snapshot)) protectedSnapshots++;
    else {
      await removeSnapshotOnly(snapshot);
      removedSnapshots++;
    }
  }
  const gone = await removeGroupIfEmpty(group);
  return { removedGroups: gone ? 1 : 0, removedSnapshots, protectedSnapshots };
}

/** {@linkcode removeGroup} that does not put up with protected snapshots. */
export async function forgetGroup(group: DatastoreGroup): Promise<DeletionCounts> {
  const counts = await removeGroup(group);
  if (counts.protectedSnapshots > 0) {
    throw new ConflictError(
      `group "${group.path}" still exists: ${counts.protectedSnapshots} of its snapshots are protected`,
    );
  }
  return counts;
}
