import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { Buffer } from "node:buffer";
import { KeyError } from "../errors/mod.ts";
import type { CryptConfig } from "./crypt_config.ts";
import { MASTER_KEY_BITS, MASTER_KEY_EXPONENT, PKCS1_PADDING_LENGTH } from "./format.ts";
import { type KeyFile, parseKeyFile, serializeKeyFile } from "./key_file.ts";
import { protectKey } from "./protect_key.ts";

/** The two files of a master key. */
export interface MasterKeyPair {
  /** `-----BEGIN PUBLIC KEY-----` */
  readonly publicPem: string;
  /** `-----BEGIN ENCRYPTED PRIVATE KEY-----` */
  readonly privatePem: string;
}

/**
 * Makes a new RSA master key (spec: datastore-formats.md §5.6).
 *
 * @param passphrase Protects the private half.
 * @param bits Size of the modulus; other than 4096 for tests only.
 */
export function createMasterKeyPair(
  passphrase: string,
  bits: number = MASTER_KEY_BITS,
): Promise<MasterKeyPair> {
  return new Promise((resolve, reject) => {
    generateKeyPair("rsa", {
      modulusLength: bits,
      publicExponent: MASTER_KEY_EXPONENT,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase },
    }, (error, publicPem, privatePem) => {
      if (error !== null) reject(error);
      // Older runtimes ignore the cipher: never hand out a private key that lies open.
      else if (!isProtectedPrivateKey(privatePem)) {
        reject(new KeyError("this runtime cannot protect a private key with a passphrase"));
      } else resolve({ publicPem, privatePem });
    });
  });
}

/**
 * Checks that a text is the public half of an RSA key.
 *
 * @throws {KeyError} if it is not.
 */
export function checkMasterPublicKey(publicPem: string): void {
  readPublicKey(publicPem);
}

/**
 * Encrypts a key for its owner: an unprotected key file, in one RSA operation with PKCS#1 v1.5
 * padding. The result goes into `rsa-encrypted.key.blob` as it is.
 *
 * @param publicPem The master key's public half.
 * @param config The key.
 * @param created When the key was made, seconds since the epoch.
 * @returns As many bytes as the modulus has.
 * @throws {KeyError} if the public key is none, or too small (3072 bits are enough, 2048 are not).
 */
export async function encryptKeyForMaster(
  publicPem: string,
  config: CryptConfig,
  created: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const publicKey = readPublicKey(publicPem);
  const text = Buffer.from(
    serializeKeyFile(await protectKey(config.encryptionKey, { kdf: "none", created })),
  );
  const modulusLength = Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  if (modulusLength < text.byteLength + PKCS1_PADDING_LENGTH) {
    throw new KeyError(
      `master key of ${
        modulusLength * 8
      } bits is too small for a key file of ${text.byteLength} bytes`,
    );
  }
  return new Uint8Array(
    publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, text),
  );
}

/**
 * Recovers the key file that {@linkcode encryptKeyForMaster} encrypted.
 *
 * @param privatePem The master key's private half.
 * @param encrypted Contents of `rsa-encrypted.key`, without blob header.
 * @param passphrase Of the private half; undefined if it is not protected.
 * @throws {KeyError} if the private key cannot be read, or does not fit.
 * @throws {CorruptDataError} if something else than a key file comes out.
 */
export function decryptKeyWithMaster(
  privatePem: string,
  encrypted: Uint8Array,
  passphrase: string | undefined,
): KeyFile {
  const key = readPrivateKey(privatePem, passphrase);
  let text: string;
  try {
    const plain = privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encrypted);
    text = new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch {
    // The cause could tell how the padding failed.
    throw new KeyError("the encrypted key cannot be decrypted with this master key");
  }
  return parseKeyFile(text, "the decrypted text");
}

/** Whether the private half asks for a passphrase. */
export function isProtectedPrivateKey(privatePem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED\r?$/m.test(privatePem);
}

function readPublicKey(pem: string): KeyObject {
  if (/PRIVATE KEY-----/.test(pem)) {
    throw new KeyError("the master public key file holds a private key");
  }
  return requireRsa(() => createPublicKey(pem), "public");
}

function readPrivateKey(pem: string, passphrase: string | undefined): KeyObject {
  return requireRsa(
    () => createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase }),
    "private",
  );
}

function requireRsa(read: () => KeyObject, half: "public" | "private"): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    const help = half === "private" ? ", or its passphrase is wrong" : "";
    throw new KeyError(`not a PEM file with a ${half} key${help}`, { cause });
  }
  if (key.asymmetricKeyType !== "rsa") throw new KeyError(`not a ${half} RSA key`);
  return key;
}
