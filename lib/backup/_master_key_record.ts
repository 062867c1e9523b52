import { encodeHex } from "../bytes/mod.ts";
import { type Manifest, unprotectedMember, withUnprotected } from "../manifest/mod.ts";
import type { BackupCrypt } from "./backup_request.ts";

const MEMBER = "pbs-client-master-key";

/** A manifest that tells for which master key the snapshot's key was encrypted. */
export function withMasterKey(manifest: Manifest, crypt: BackupCrypt | undefined): Manifest {
  const fingerprint = crypt?.encryptedKey && crypt.masterKeyFingerprint;
  return fingerprint ? withUnprotected(manifest, MEMBER, encodeHex(fingerprint)) : manifest;
}

/** Whether a snapshot has a key that was encrypted for the same master key, or has none as well. */
export function hasMasterKey(manifest: Manifest, crypt: BackupCrypt | undefined): boolean {
  const fingerprint = crypt?.encryptedKey && crypt.masterKeyFingerprint;
  if (crypt?.encryptedKey !== undefined && fingerprint === undefined) return false;
  return unprotectedMember(manifest, MEMBER) === (fingerprint && encodeHex(fingerprint));
}
