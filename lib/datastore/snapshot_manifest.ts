import { decodeManifestBlob, encodeManifestBlob } from "../manifest/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import { NotFoundError } from "../errors/mod.ts";
import { MANIFEST_BLOB_NAME } from "../repository/mod.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import type { HeldLock } from "./lock_folder.ts";

/** How long somebody else may take to change the same manifest (spec: datastore-formats.md §6.6). */
const MANIFEST_WAIT_MS = 5000;

/** The manifest blob of a snapshot as it is stored. @throws {NotFoundError} if it has none. */
export async function readManifestBlob(
  snapshot: DatastoreSnapshot,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await snapshot.datastore.files.read(snapshot.file(MANIFEST_BLOB_NAME));
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NotFoundError(`snapshot "${snapshot.path}" has no manifest`, { cause });
  }
}

/** The manifest of a snapshot. @throws {CorruptDataError} if it is damaged. */
export async function readManifest(snapshot: DatastoreSnapshot): Promise<Manifest> {
  const blob = await readManifestBlob(snapshot);
  return await decodeManifestBlob(blob, `manifest of "${snapshot.path}"`);
}

/** The lock under which a manifest is changed. */
export function lockManifest(snapshot: DatastoreSnapshot): Promise<HeldLock> {
  const name = `${snapshot.path}/.index.json.lck`;
  const { datastore, namespace } = snapshot;
  return datastore.locks.acquire(namespace, name, "exclusive", MANIFEST_WAIT_MS);
}

/** Changes what no signature covers in a manifest (spec: datastore-formats.md §4.9). */
export async function updateManifest(
  snapshot: DatastoreSnapshot,
  change: (manifest: Manifest) => Manifest,
): Promise<void> {
  using _lock = await lockManifest(snapshot);
  const manifest = change(await readManifest(snapshot));
  const blob = await encodeManifestBlob(manifest);
  await snapshot.datastore.files.replace(snapshot.file(MANIFEST_BLOB_NAME), blob);
}
