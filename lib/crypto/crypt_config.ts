import { createHmac } from "node:crypto";
import { decodeHex } from "../bytes/mod.ts";
import { KeyError } from "../errors/mod.ts";
import { formatKeyId } from "./fingerprint.ts";
import { FINGERPRINT_INPUT, ID_KEY_ITERATIONS, ID_KEY_SALT, KEY_LENGTH } from "./format.ts";
import { sha256 } from "./sha256.ts";

/** A backup key with everything that is derived from it (spec: datastore-formats.md §5.3). */
export class CryptConfig {
  /** The raw key, 32 bytes: the AES key of chunks and blobs. */
  readonly encryptionKey: Uint8Array;
  /** 32 bytes: suffix of chunk digests and key of signatures; never an AES key. */
  readonly idKey: Uint8Array;
  /** 32 bytes that name the key. */
  readonly fingerprint: Uint8Array;

  /** Use {@linkcode createCryptConfig}. */
  constructor(encryptionKey: Uint8Array, idKey: Uint8Array) {
    this.encryptionKey = encryptionKey;
    this.idKey = idKey;
    this.fingerprint = sha256(decodeHex(FINGERPRINT_INPUT), idKey);
  }

  /** The short form of the fingerprint. */
  get keyId(): string {
    return formatKeyId(this.fingerprint);
  }

  /** The digest of a chunk that is stored encrypted with this key; 32 bytes (datastore-formats.md §1.8). */
  computeDigest(plain: Uint8Array): Uint8Array<ArrayBuffer> {
    return sha256(plain, this.idKey);
  }

  /** HMAC-SHA256 with the id key; 32 bytes (datastore-formats.md §4.5). */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(createHmac("sha256", this.idKey).update(message).digest());
  }
}

/**
 * Derives everything from a raw key.
 *
 * @param rawKey 32 bytes; copied.
 * @throws {KeyError} if it has another length.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const config = await createCryptConfig(Uint8Array.from({ length: 32 }, (_, i) => i));
 * assertEquals(config.keyId, "0e:ab:d4:46:0b:6e:b9:ca");
 * ```
 */
export async function createCryptConfig(rawKey: Uint8Array): Promise<CryptConfig> {
  if (rawKey.byteLength !== KEY_LENGTH) {
    throw new KeyError(`encryption key has ${rawKey.byteLength} bytes instead of ${KEY_LENGTH}`);
  }
  const encryptionKey = new Uint8Array(rawKey);
  const material = await crypto.subtle.importKey("raw", encryptionKey, "PBKDF2", false, [
    "deriveBits",
  ]);
  const idKey = await crypto.subtle.deriveBits(
    {
      name: "PBKDF2",
      hash: "SHA-256",
      salt: new TextEncoder().encode(ID_KEY_SALT),
      iterations: ID_KEY_ITERATIONS,
    },
    material,
    KEY_LENGTH * 8,
  );
  return new CryptConfig(encryptionKey, new Uint8Array(idKey));
}
