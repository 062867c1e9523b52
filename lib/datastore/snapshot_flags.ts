import { checkBlobCrc } from "../blob/mod.ts";
import { ConflictError } from "../errors/mod.ts";
import { CLIENT_LOG_BLOB_NAME } from "../repository/mod.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { PROTECTED_FILE } from "./format.ts";
import { lockManifest } from "./snapshot_manifest.ts";
import { requireSnapshot } from "./snapshot_tree.ts";

/** Whether a snapshot is protected; false if there is none. */
export function isProtected(snapshot: DatastoreSnapshot): boolean {
  return snapshot.datastore.files.size(snapshot.file(PROTECTED_FILE)) !== undefined;
}

/** Protects a snapshot from removal, or lets it be removed again. */
export async function setProtected(
  snapshot: DatastoreSnapshot,
  protect: boolean,
): Promise<void> {
  requireSnapshot(snapshot);
  using _lock = await snapshot.lock("exclusive");
  requireSnapshot(snapshot);
  const { files } = snapshot.datastore;
  const path = snapshot.file(PROTECTED_FILE);
  if (!protect) await files.removeFile(path);
  else if (files.size(path) === undefined) {
    await files.replace(path, new Uint8Array());
  }
}

/**
 * Stores the log of a backup beside its files; it is in no manifest (spec: datastore-formats.md
 * §4.10).
 *
 * @throws {ConflictError} if the snapshot has a log.
 * @throws {CorruptDataError} if the blob is damaged.
 */
export async function uploadLog(snapshot: DatastoreSnapshot, blob: Uint8Array): Promise<void> {
  checkBlobCrc(blob, `blob "${CLIENT_LOG_BLOB_NAME}"`);
  requireSnapshot(snapshot);
  using _lock = await lockManifest(snapshot);
  const { files } = snapshot.datastore;
  const path = snapshot.file(CLIENT_LOG_BLOB_NAME);
  if (files.size(path) !== undefined) {
    throw new ConflictError("backup already contains a log.");
  }
  await files.replace(path, blob);
}
