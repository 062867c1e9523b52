import { bytesEqual, concatBytes } from "../bytes/mod.ts";
import { CorruptDataError, KeyError, type Situation, UsageError } from "../errors/mod.ts";
import { openSealedBytes, sealBytes } from "./aes_gcm.ts";
import { createCryptConfig, type CryptConfig } from "./crypt_config.ts";
import { formatKeyId } from "./fingerprint.ts";
import {
  GCM_IV_LENGTH,
  GCM_TAG_LENGTH,
  KEY_LENGTH,
  MAX_HINT_LENGTH,
  MIN_PASSPHRASE_BYTES,
} from "./format.ts";
import { createKeyDerivation, deriveKey, type KeyDerivation } from "./key_derivation.ts";
import type { KeyFile } from "./key_file.ts";

/** How to protect a key in a key file. */
export interface KeyProtection {
  /** Key derivation that users choose; `none` stores the raw key. */
  readonly kdf: "none" | "scrypt" | "pbkdf2";
  /** At least 5 bytes; needed unless `kdf` is `none`. */
  readonly passphrase?: Uint8Array | undefined;
  /** One line of 1 to 64 characters; not with `none`. */
  readonly hint?: string | undefined;
  /** Seconds since the epoch; now if absent. */
  readonly created?: number | undefined;
  /** Seconds since the epoch; now if absent. */
  readonly modified?: number | undefined;
  /** For tests only: a known derivation (with its salt) and IV instead of random ones. */
  readonly fixed?: { readonly derivation: KeyDerivation; readonly iv: Uint8Array } | undefined;
}

/** Asks for a passphrase; called at most once and only if one is needed. */
export type PassphraseSource = (hint: string | undefined) => Promise<Uint8Array> | Uint8Array;

/** A new random raw key, 32 bytes. */
export function generateKey(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
}

/**
 * Puts a raw key into a key file (spec: datastore-formats.md §5.2).
 *
 * @throws {UsageError} if passphrase or hint break the rules.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const rawKey = generateKey();
 * const file = await protectKey(rawKey, { kdf: "none" });
 * assertEquals((await openKey(file, () => new Uint8Array())).encryptionKey, rawKey);
 * ```
 */
export async function protectKey(rawKey: Uint8Array, protection: KeyProtection): Promise<KeyFile> {
  const { kdf, passphrase, hint, fixed } = protection;
  const now = Math.floor(Date.now() / 1000);
  const { fingerprint } = await createCryptConfig(rawKey);
  const file = {
    created: protection.created ?? now,
    modified: protection.modified ?? now,
    fingerprint,
    hint,
  };
  if (hint !== undefined) checkHint(hint, kdf);
  if (kdf === "none") return { ...file, derivation: undefined, data: new Uint8Array(rawKey) };
  if (passphrase === undefined) throw new UsageError(`a key with ${kdf} needs a passphrase`);
  checkPassphrase(passphrase);
  const derivation = fixed?.derivation ?? createKeyDerivation(kdf);
  const sealed = await sealBytes(await deriveKey(derivation, passphrase), rawKey, fixed?.iv);
  return { ...file, derivation, data: concatBytes([sealed.iv, sealed.tag, sealed.ciphertext]) };
}

/**
 * Takes the key out of a key file and checks it against the file's fingerprint.
 *
 * @param file What was read.
 * @param passphrase Asked only if the key is protected.
 * @throws {KeyError} if the passphrase is wrong or too short, or the file's data is.
 */
export async function openKey(file: KeyFile, passphrase: PassphraseSource): Promise<CryptConfig> {
  const rawKey = file.derivation === undefined
    ? file.data
    : await decryptKey(file, file.derivation, await passphrase(file.hint));
  if (rawKey.byteLength !== KEY_LENGTH) {
    throw new KeyError(`key file holds a key of ${rawKey.byteLength} bytes, not ${KEY_LENGTH}`);
  }
  const config = await createCryptConfig(rawKey);
  if (file.fingerprint !== undefined && !bytesEqual(file.fingerprint, config.fingerprint)) {
    throw new KeyError(
      `key file states fingerprint ${
        formatKeyId(file.fingerprint)
      }, but its key has fingerprint ${config.keyId}`,
    );
  }
  return config;
}

/**
 * The same key under another passphrase or derivation. The creation time stays; an old hint is
 * dropped unless given again (spec: datastore-formats.md §5.5).
 *
 * @throws {KeyError} if the old passphrase is wrong.
 * @throws {UsageError} if the new passphrase or hint break the rules.
 */
export async function changePassphrase(
  file: KeyFile,
  oldPassphrase: PassphraseSource,
  protection: Omit<KeyProtection, "created">,
): Promise<KeyFile> {
  const { encryptionKey } = await openKey(file, oldPassphrase);
  return await protectKey(encryptionKey, { ...protection, created: file.created });
}

function wrongPassphrase(hint: string | undefined): Situation {
  return { kind: "wrong-passphrase", ...(hint === undefined ? {} : { reminder: hint }) };
}

async function decryptKey(
  { data, hint }: KeyFile,
  derivation: KeyDerivation,
  passphrase: Uint8Array,
): Promise<Uint8Array> {
  if (passphrase.byteLength < MIN_PASSPHRASE_BYTES) {
    throw new KeyError("Passphrase is too short!", { situation: wrongPassphrase(hint) });
  }
  const headerLength = GCM_IV_LENGTH + GCM_TAG_LENGTH;
  if (data.byteLength < headerLength) {
    throw new KeyError(`key file cannot be decrypted: its data has only ${data.byteLength} bytes`);
  }
  const sealed = {
    iv: data.subarray(0, GCM_IV_LENGTH),
    tag: data.subarray(GCM_IV_LENGTH, headerLength),
    ciphertext: data.subarray(headerLength),
  };
  try {
    return await openSealedBytes(await deriveKey(derivation, passphrase), sealed, "key file");
  } catch (cause) {
    if (!(cause instanceof CorruptDataError)) throw cause;
    // Scripts know these words (spec: datastore-formats.md §5.2).
    throw new KeyError(
      hint === undefined
        ? "Unable to decrypt key (wrong password?) - it does not open the key file"
        : `Unable to decrypt key (password hint: ${hint})`,
      { situation: wrongPassphrase(hint) },
    );
  }
}

/** @throws {UsageError} if a new passphrase is too short. */
export function checkPassphrase(passphrase: Uint8Array): void {
  if (passphrase.byteLength < MIN_PASSPHRASE_BYTES) {
    throw new UsageError("Password too short!");
  }
}

function checkHint(hint: string, kdf: KeyProtection["kdf"]): void {
  if (kdf === "none") throw new UsageError("password hint not allowed for Kdf::None");
  const length = [...hint].length;
  // deno-lint-ignore no-control-regex
  if (length < 1 || length > MAX_HINT_LENGTH || /[\u0000-\u001f\u007f]/.test(hint)) {
    throw new UsageError(`a passphrase hint is one line of 1 to ${MAX_HINT_LENGTH} characters`);
  }
}
