import { decodeManifestBlob, encodeManifestBlob } from "../manifest/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import { NotFoundError } from "../errors/mod.ts";
import { type BackupSnapshot, formatSnapshotPath, MANIFEST_BLOB_NAME } from "../repository/mod.ts";
import type { Datastore } from "./datastore.ts";
import { joinPath, snapshotFolder } from "./layout.ts";
import type { HeldLock } from "./lock_folder.ts";

/** How long somebody else may take to change the same manifest (spec: datastore-formats.md §6.6). */
const MANIFEST_WAIT_MS = 5000;

/** The manifest blob of a snapshot as it is stored. @throws {NotFoundError} if it has none. */
export async function readManifestBlob(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = joinPath(snapshotFolder(namespace, snapshot), MANIFEST_BLOB_NAME);
  try {
    return await datastore.files.read(path);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NotFoundError(`snapshot "${formatSnapshotPath(snapshot)}" has no manifest`, {
      cause,
    });
  }
}

/** The manifest of a snapshot. @throws {CorruptDataError} if it is damaged. */
export async function readManifest(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<Manifest> {
  const blob = await readManifestBlob(datastore, namespace, snapshot);
  return await decodeManifestBlob(blob, `manifest of "${formatSnapshotPath(snapshot)}"`);
}

/** The lock under which a manifest is changed. */
export function lockManifest(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
): Promise<HeldLock> {
  const name = `${formatSnapshotPath(snapshot)}/.index.json.lck`;
  return datastore.locks.acquire(namespace, name, "exclusive", MANIFEST_WAIT_MS);
}

/** Changes what no signature covers in a manifest (spec: datastore-formats.md §4.9). */
export async function updateManifest(
  datastore: Datastore,
  namespace: string,
  snapshot: BackupSnapshot,
  change: (manifest: Manifest) => Manifest,
): Promise<void> {
  using _lock = await lockManifest(datastore, namespace, snapshot);
  const manifest = change(await readManifest(datastore, namespace, snapshot));
  const path = joinPath(snapshotFolder(namespace, snapshot), MANIFEST_BLOB_NAME);
  await datastore.files.replace(path, await encodeManifestBlob(manifest));
}
