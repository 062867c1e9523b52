import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { type CryptConfig, formatFingerprint, formatKeyId } from "../crypto/mod.ts";
import { CorruptDataError, KeyError } from "../errors/mod.ts";
import { ENCRYPTED_KEY_BLOB_NAME } from "../repository/mod.ts";
import { UNPROTECTED_KEYS } from "./format.ts";
import type { Manifest } from "./manifest.ts";
import { canonicalManifest } from "./manifest_text.ts";
import { keyFingerprintOf, withUnprotected } from "./unprotected.ts";

/** The signature of a manifest under a key: 64 hex digits (spec: datastore-formats.md §4.5). */
export function computeSignature(manifest: Manifest, config: CryptConfig): string {
  return encodeHex(config.sign(new TextEncoder().encode(canonicalManifest(manifest))));
}

/**
 * A manifest with signature and key fingerprint, as a backup with a key uploads it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createCryptConfig } from "../crypto/mod.ts";
 * import { createManifest } from "./manifest.ts";
 * const config = await createCryptConfig(new Uint8Array(32));
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 });
 * assertEquals(checkSignature(signManifest(manifest, config), config), "signed");
 * assertEquals(checkSignature(manifest, config), "unsigned");
 * ```
 */
export function signManifest(manifest: Manifest, config: CryptConfig): Manifest {
  return {
    ...withUnprotected(
      manifest,
      UNPROTECTED_KEYS.keyFingerprint,
      formatFingerprint(config.fingerprint),
    ),
    signature: computeSignature(manifest, config),
  };
}

/**
 * Checks a manifest's signature with a key. An unsigned manifest passes, as the reference has it:
 * what to make of that is the caller's decision.
 *
 * @throws {KeyError} if the manifest was signed with another key.
 * @throws {CorruptDataError} if the signature is wrong.
 */
export function checkSignature(manifest: Manifest, config: CryptConfig): "signed" | "unsigned" {
  if (manifest.signature === undefined) return "unsigned";
  const fingerprint = keyFingerprintOf(manifest);
  if (fingerprint !== undefined && !bytesEqual(fingerprint, config.fingerprint)) {
    throw new KeyError(
      `wrong key - unable to verify signature since manifest's key ${
        formatKeyId(fingerprint)
      } does not match provided key ${config.keyId}`,
      { situation: { kind: "other-key", hasMasterKeyCopy: hasMasterKeyCopy(manifest) } },
    );
  }
  if (computeSignature(manifest, config) !== manifest.signature) {
    throw new CorruptDataError("wrong signature in manifest: it was changed after it was signed");
  }
  return "signed";
}

/**
 * Compares the key of a manifest with the one at hand, or with none (datastore-formats.md §4.6). Not for restoring the
 * RSA-encrypted key, which needs no key.
 *
 * @throws {KeyError} if the manifest needs a key that was not given, or another one.
 */
export function checkKeyFingerprint(manifest: Manifest, config: CryptConfig | undefined): void {
  const fingerprint = keyFingerprintOf(manifest);
  if (fingerprint === undefined) return;
  const keyId = formatKeyId(fingerprint);
  if (config === undefined) {
    throw new KeyError(`missing key - manifest was created with key ${keyId}`, {
      situation: { kind: "no-key", hasMasterKeyCopy: hasMasterKeyCopy(manifest) },
    });
  }
  if (!bytesEqual(fingerprint, config.fingerprint)) {
    throw new KeyError(
      `wrong key - manifest's key ${keyId} does not match provided key ${config.keyId}`,
      { situation: { kind: "other-key", hasMasterKeyCopy: hasMasterKeyCopy(manifest) } },
    );
  }
}

/** Whether the key lies in the snapshot, encrypted for the owner of a master key. */
function hasMasterKeyCopy({ files }: Manifest): boolean {
  return files.some(({ filename }) => filename === ENCRYPTED_KEY_BLOB_NAME);
}
