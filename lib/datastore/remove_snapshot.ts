import { LockedError, NotFoundError } from "../errors/mod.ts";
import { MANIFEST_BLOB_NAME } from "../repository/mod.ts";
import type { DatastoreGroup } from "./datastore_group.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { GROUP_NOTES_FILE, OWNER_FILE, PROTECTED_FILE } from "./format.ts";
import { ProtectedSnapshotError } from "./protected_snapshot_error.ts";
import { lockManifest } from "./snapshot_manifest.ts";
import { requireSnapshot, snapshotsOf } from "./snapshot_tree.ts";

/**
 * Removes a snapshot, and its group if that was the last one. Chunks stay until garbage collection.
 *
 * @throws {ProtectedSnapshotError} if it is protected.
 * @throws {LockedError} if it is being read or written.
 */
export async function removeSnapshot(snapshot: DatastoreSnapshot): Promise<void> {
  await removeSnapshotOnly(snapshot);
  try {
    using _lock = await snapshot.group.lock();
    await removeGroupIfEmpty(snapshot.group);
  } catch (error) {
    // A backup of the group is running: the group is not empty.
    if (!(error instanceof LockedError)) throw error;
  }
}

/** {@linkcode removeSnapshot} for a caller that holds the group's lock or sees to the group. */
export async function removeSnapshotOnly(snapshot: DatastoreSnapshot): Promise<void> {
  requireSnapshot(snapshot);
  using _lock = await snapshot.lock("exclusive");
  // Somebody else may have removed it before the lock was had.
  requireSnapshot(snapshot);
  using _manifestLock = await lockManifest(snapshot);
  if (snapshot.datastore.files.size(snapshot.file(PROTECTED_FILE)) !== undefined) {
    throw new ProtectedSnapshotError(`cannot remove protected snapshot "${snapshot.path}"`);
  }
  await removeSnapshotFolder(snapshot);
}

/** Removes a snapshot's folder. Without its manifest what a crash leaves is an unfinished one. */
export async function removeSnapshotFolder(snapshot: DatastoreSnapshot): Promise<void> {
  const { files } = snapshot.datastore;
  await files.removeTree(snapshot.folder, MANIFEST_BLOB_NAME);
}

/**
 * Removes a group without snapshots. The caller holds its lock.
 *
 * @returns Whether it is gone.
 */
export async function removeGroupIfEmpty(group: DatastoreGroup): Promise<boolean> {
  if ((await snapshotsOf(group)).length > 0) return false;
  const { folder, datastore: { files } } = group;
  try {
    const others = (await files.list(folder)).filter(({ name }) => !isGroupFile(name));
    if (others.length > 0) return false;
    for (const { name } of await files.list(folder)) {
      await files.removeFile(group.file(name));
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  return await files.removeEmptyFolder(folder);
}

/** The owner, the notes, and what a crash left while one of them was written. */
function isGroupFile(name: string): boolean {
  const [file] = name.split(".tmp_");
  return file === OWNER_FILE || file === GROUP_NOTES_FILE;
}
