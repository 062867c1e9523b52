/**
 * Crypto: keys, what is derived from them, and the files they are kept in.
 *
 * A *raw key* is the 32 random bytes that encrypt chunks and blobs. From it follow the *id key*
 * (suffix of chunk digests, key of manifest signatures) and the *fingerprint*, whose first bytes are
 * the *key id* that messages show; all together are a *crypt config*. A *key file* keeps the raw key,
 * protected by a *passphrase* through a *key derivation* (KDF) or not at all. The *master key* is an
 * RSA pair: its public half encrypts a copy of the key file into every backup, its private half
 * recovers it (spec: datastore-formats.md §5).
 *
 * @module
 */

export { openSealedBytes, sealBytes, type SealedBytes } from "./aes_gcm.ts";
export { createCryptConfig, CryptConfig } from "./crypt_config.ts";
export { formatFingerprint, formatKeyId, parseFingerprint } from "./fingerprint.ts";
export { createKeyDerivation, deriveKey, type KeyDerivation } from "./key_derivation.ts";
export { type KeyFile, parseKeyFile, serializeKeyFile } from "./key_file.ts";
export {
  checkMasterPublicKey,
  createMasterKeyPair,
  decryptKeyWithMaster,
  describeMasterPublicKey,
  encryptKeyForMaster,
  isProtectedPrivateKey,
  type MasterKeyDetails,
  masterKeyFingerprint,
  type MasterKeyPair,
  NewMasterKey,
} from "./master_key.ts";
export { isPrivateKeyText, type PaperKey, readPaperKey } from "./paper_key.ts";
export {
  changePassphrase,
  checkPassphrase,
  generateKey,
  type KeyProtection,
  openKey,
  type PassphraseSource,
  protectKey,
} from "./protect_key.ts";
export { paperKeyToHtml, paperKeyToText } from "./render_paper_key.ts";
export { sha256 } from "./sha256.ts";
export { storeKeyFile, type StoreKeyOptions } from "./store_key_file.ts";
export { formatTimestamp, localZone, parseTimestamp, type ZoneOffset } from "./timestamp.ts";
