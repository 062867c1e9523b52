import { encodeBlob } from "../blob/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { ENCRYPTED_KEY_BLOB_NAME } from "../repository/mod.ts";
import type { BackupRun } from "./_backup_run.ts";

/**
 * Stores the key that was encrypted for its owner, after all archives: neither compressed nor encrypted
 * again, whatever mode the manifest states for it (spec: datastore-formats.md §5.6, §4.7).
 */
export async function storeEncryptedKey(run: BackupRun): Promise<void> {
  const encryptedKey = run.request.crypt?.encryptedKey;
  if (encryptedKey === undefined) return;
  run.observer.encryptedKeyStarted?.(ENCRYPTED_KEY_BLOB_NAME);
  const blob = await encodeBlob(encryptedKey, { compress: false });
  await run.target.uploadBlob(ENCRYPTED_KEY_BLOB_NAME, blob);
  run.addFile({
    filename: ENCRYPTED_KEY_BLOB_NAME,
    size: blob.byteLength,
    checksum: sha256(blob),
  });
}
