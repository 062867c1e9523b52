import { concatBytes } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { GCM_IV_LENGTH, GCM_TAG_LENGTH, KEY_LENGTH } from "./format.ts";

/** A text sealed with AES-256-GCM. */
export interface SealedBytes {
  /** 16 bytes. */
  readonly iv: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
  /** As long as the plain text. */
  readonly ciphertext: Uint8Array;
}

/**
 * Encrypts with AES-256-GCM and no additional data (spec: datastore-formats.md §1.7).
 *
 * @param key 32 bytes.
 * @param plaintext What to encrypt.
 * @param iv 16 bytes; new random ones unless a test needs a fixed result.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const key = new Uint8Array(32);
 * const sealed = await sealBytes(key, new Uint8Array([1, 2, 3]));
 * assertEquals(await openSealedBytes(key, sealed, "example"), new Uint8Array([1, 2, 3]));
 * ```
 */
export async function sealBytes(
  key: Uint8Array,
  plaintext: Uint8Array,
  iv: Uint8Array = crypto.getRandomValues(new Uint8Array(GCM_IV_LENGTH)),
): Promise<SealedBytes> {
  checkLength("IV", iv, GCM_IV_LENGTH);
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt(
      { name: "AES-GCM", iv: asBuffer(iv), tagLength: GCM_TAG_LENGTH * 8 },
      await importKey(key, "encrypt"),
      asBuffer(plaintext),
    ),
  );
  // Web Crypto puts the tag after the ciphertext, this format before it.
  const tagStart = sealed.byteLength - GCM_TAG_LENGTH;
  return { iv, tag: sealed.subarray(tagStart), ciphertext: sealed.subarray(0, tagStart) };
}

/**
 * Decrypts what {@linkcode sealBytes} made. Nothing is returned before the tag was verified.
 *
 * @param key 32 bytes.
 * @param sealed IV, tag and ciphertext.
 * @param what Name of the thing, for the message.
 * @throws {CorruptDataError} if the tag does not fit: another key, or changed data.
 */
export async function openSealedBytes(
  key: Uint8Array,
  sealed: SealedBytes,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  checkLength("IV", sealed.iv, GCM_IV_LENGTH);
  checkLength("tag", sealed.tag, GCM_TAG_LENGTH);
  const imported = await importKey(key, "decrypt");
  const joined = concatBytes([sealed.ciphertext, sealed.tag]);
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: asBuffer(sealed.iv), tagLength: GCM_TAG_LENGTH * 8 },
        imported,
        joined,
      ),
    );
  } catch (cause) {
    throw new CorruptDataError(
      `${what}: decryption failed, the key is another one or the data was changed`,
      { cause },
    );
  }
}

function importKey(key: Uint8Array, usage: KeyUsage): Promise<CryptoKey> {
  checkLength("key", key, KEY_LENGTH);
  return crypto.subtle.importKey("raw", asBuffer(key), "AES-GCM", false, [usage]);
}

function checkLength(what: string, bytes: Uint8Array, expected: number): void {
  if (bytes.byteLength !== expected) {
    throw new RangeError(`${what} has ${bytes.byteLength} bytes instead of ${expected}`);
  }
}

/** Web Crypto's types exclude shared memory, which nothing here uses. */
function asBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
