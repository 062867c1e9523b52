import { ConflictError, NotFoundError } from "../errors/mod.ts";
import { type BackupGroup, type DeletionCounts, formatGroupPath } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { groupFolder } from "./layout.ts";
import { removeGroupIfEmpty, removeSnapshotOnly } from "./remove_snapshot.ts";
import { isProtected } from "./snapshot_flags.ts";
import { snapshotTimesOf } from "./snapshot_tree.ts";

/**
 * Removes all snapshots of a group that are not protected, and the group if nothing is left.
 *
 * @throws {NotFoundError} if there is no such group.
 * @throws {LockedError} if it, or one of its snapshots, is in use; others may be gone then.
 */
export async function removeGroup(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<DeletionCounts> {
  const name = formatGroupPath(group);
  if (!datastore.files.hasFolder(groupFolder(namespace, group))) {
    throw new NotFoundError(`group "${name}" does not exist`);
  }
  using _lock = await datastore.locks.acquire(namespace, name, "exclusive");
  let [removedSnapshots, protectedSnapshots] = [0, 0];
  for (const time of (await snapshotTimesOf(datastore, namespace, group)).reverse()) {
    const snapshot = { type: group.type, id: group.id, time };
    if (isProtected(datastore, namespace, snapshot)) protectedSnapshots++;
    else {
      await removeSnapshotOnly(datastore, namespace, snapshot);
      removedSnapshots++;
    }
  }
  const gone = await removeGroupIfEmpty(datastore, namespace, group);
  return { removedGroups: gone ? 1 : 0, removedSnapshots, protectedSnapshots };
}

/** {@linkcode removeGroup} that does not put up with protected snapshots. */
export async function forgetGroup(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<DeletionCounts> {
  const counts = await removeGroup(datastore, namespace, group);
  if (counts.protectedSnapshots > 0) {
    throw new ConflictError(
      `group "${
        formatGroupPath(group)
      }" still exists: ${counts.protectedSnapshots} of its snapshots are protected`,
    );
  }
  return counts;
}
