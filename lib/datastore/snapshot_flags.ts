import { checkBlobCrc } from "../blob/mod.ts";
import { ConflictError } from "../errors/mod.ts";
import {
  type BackupSnapshot,
  CLIENT_LOG_BLOB_NAME,
  formatSnapshotPath,
} from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { PROTECTED_FILE } from "./format.ts";
import { joinPath, snapshotFolder } from "./layout.ts";
import { lockManifest } from "./snapshot_manifest.ts";
import { requireSnapshot } from "./snapshot_tree.ts";

/** Whether a snapshot is protected; false if there is none. */
export function isProtected(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): boolean {
  const path = joinPath(snapshotFolder(namespace, snapshot), PROTECTED_FILE);
  return datastore.files.size(path) !== undefined;
}

/** Protects a snapshot from removal, or lets it be removed again. */
export async function setProtected(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
  protect: boolean,
): Promise<void> {
  requireSnapshot(datastore, namespace, snapshot);
  const name = formatSnapshotPath(snapshot);
  using _lock = await datastore.locks.acquire(namespace, name, "exclusive");
  requireSnapshot(datastore, namespace, snapshot);
  const path = joinPath(snapshotFolder(namespace, snapshot), PROTECTED_FILE);
  if (!protect) datastore.files.removeFile(path);
  else if (datastore.files.size(path) === undefined) {
    await datastore.files.replace(path, new Uint8Array());
  }
}

/**
 * Stores the log of a backup beside its files; it is in no manifest (spec: datastore-formats.md
 * §4.10).
 *
 * @throws {ConflictError} if the snapshot has a log.
 * @throws {CorruptDataError} if the blob is damaged.
 */
export async function uploadLog(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
  blob: Uint8Array,
): Promise<void> {
  checkBlobCrc(blob, `blob "${CLIENT_LOG_BLOB_NAME}"`);
  requireSnapshot(datastore, namespace, snapshot);
  using _lock = await lockManifest(datastore, namespace, snapshot);
  const path = joinPath(snapshotFolder(namespace, snapshot), CLIENT_LOG_BLOB_NAME);
  if (datastore.files.size(path) !== undefined) {
    throw new ConflictError("backup already contains a log.");
  }
  await datastore.files.replace(path, blob);
}
