import { LockedError, NotFoundError } from "../errors/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  MANIFEST_BLOB_NAME,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { GROUP_NOTES_FILE, OWNER_FILE, PROTECTED_FILE } from "./format.ts";
import { groupFolder, joinPath, snapshotFolder } from "./layout.ts";
import { ProtectedSnapshotError } from "./protected_snapshot_error.ts";
import { lockManifest } from "./snapshot_manifest.ts";
import { requireSnapshot, snapshotTimesOf } from "./snapshot_tree.ts";

/**
 * Removes a snapshot, and its group if that was the last one. Chunks stay until garbage collection.
 *
 * @throws {ProtectedSnapshotError} if it is protected.
 * @throws {LockedError} if it is being read or written.
 */
export async function removeSnapshot(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<void> {
  await removeSnapshotOnly(datastore, namespace, snapshot);
  try {
    using _lock = await datastore.locks.acquire(namespace, formatGroupPath(snapshot), "exclusive");
    await removeGroupIfEmpty(datastore, namespace, snapshot);
  } catch (error) {
    // A backup of the group is running: the group is not empty.
    if (!(error instanceof LockedError)) throw error;
  }
}

/** {@linkcode removeSnapshot} for a caller that holds the group's lock or sees to the group. */
export async function removeSnapshotOnly(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<void> {
  requireSnapshot(datastore, namespace, snapshot);
  const name = formatSnapshotPath(snapshot);
  using _lock = await datastore.locks.acquire(namespace, name, "exclusive");
  // Somebody else may have removed it before the lock was had.
  requireSnapshot(datastore, namespace, snapshot);
  using _manifestLock = await lockManifest(datastore, namespace, snapshot);
  const folder = snapshotFolder(namespace, snapshot);
  if (datastore.files.size(joinPath(folder, PROTECTED_FILE)) !== undefined) {
    throw new ProtectedSnapshotError(`cannot remove protected snapshot "${name}"`);
  }
  await removeSnapshotFolder(datastore, folder);
}

/** Removes a snapshot's folder. Without its manifest what a crash leaves is an unfinished one. */
export async function removeSnapshotFolder(datastore: Datastore, folder: string): Promise<void> {
  datastore.files.removeFile(joinPath(folder, MANIFEST_BLOB_NAME));
  await datastore.files.removeTree(folder);
}

/**
 * Removes a group without snapshots. The caller holds its lock.
 *
 * @returns Whether it is gone.
 */
export async function removeGroupIfEmpty(
  datastore: Datastore,
  namespace: string,
  group: BackupGroup,
): Promise<boolean> {
  const times = await snapshotTimesOf(datastore, namespace, group);
  if (times.length > 0) return false;
  const folder = groupFolder(namespace, group);
  try {
    const others = (await datastore.files.list(folder)).filter(({ name }) => !isGroupFile(name));
    if (others.length > 0) return false;
    for (const { name } of await datastore.files.list(folder)) {
      datastore.files.removeFile(joinPath(folder, name));
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  return datastore.files.removeEmptyFolder(folder);
}

/** The owner, the notes, and what a crash left while one of them was written. */
function isGroupFile(name: string): boolean {
  const [file] = name.split(".tmp_");
  return file === OWNER_FILE || file === GROUP_NOTES_FILE;
}
