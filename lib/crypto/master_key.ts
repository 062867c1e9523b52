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
import { encodeHex } from "../bytes/mod.ts";
import { KeyError } from "../errors/mod.ts";
import type { CryptConfig } from "./crypt_config.ts";
import { MASTER_KEY_BITS, MASTER_KEY_EXPONENT, PKCS1_PADDING_LENGTH } from "./format.ts";
import { type KeyFile, parseKeyFile, serializeKeyFile } from "./key_file.ts";
import { protectKey } from "./protect_key.ts";
import { sha256 } from "./sha256.ts";

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
export async function createMasterKeyPair(
  passphrase: string,
  bits: number = MASTER_KEY_BITS,
): Promise<MasterKeyPair> {
  const key = await NewMasterKey.generate(bits);
  return { publicPem: key.publicPem, privatePem: key.protect(passphrase) };
}

/** A master key that was just made and has no passphrase yet. */
export class NewMasterKey {
  readonly #privateKey: KeyObject;
  /** `-----BEGIN PUBLIC KEY-----` */
  readonly publicPem: string;
  /** The details that people compare. */
  readonly details: MasterKeyDetails;

  private constructor(publicKey: KeyObject, privateKey: KeyObject) {
    this.#privateKey = privateKey;
    this.publicPem = publicKey.export({ type: "spki", format: "pem" }) as string;
    this.details = detailsOf(publicKey);
  }

  /** Makes a key. @param bits Size of the modulus; other than 4096 for tests only. */
  static generate(bits: number = MASTER_KEY_BITS): Promise<NewMasterKey> {
    return new Promise((resolve, reject) => {
      generateKeyPair("rsa", {
        modulusLength: bits,
        publicExponent: MASTER_KEY_EXPONENT,
      }, (error, publicKey, privateKey) => {
        if (error !== null) reject(error);
        else resolve(new NewMasterKey(publicKey, privateKey));
      });
    });
  }

  /** The private half under a passphrase: `-----BEGIN ENCRYPTED PRIVATE KEY-----`. */
  protect(passphrase: string): string {
    const pem = this.#privateKey.export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase,
    }) as string;
    // Older runtimes ignore the cipher: never hand out a private key that lies open.
    if (!isProtectedPrivateKey(pem)) {
      throw new KeyError("this runtime cannot protect a private key with a passphrase");
    }
    return pem;
  }
}

/** The public half of a master key in numbers. */
export interface MasterKeyDetails {
  /** Upper-case hex. */
  readonly modulus: string;
  /** Decimal. */
  readonly exponent: string;
  /** Length of the modulus. */
  readonly bits: number;
}

/**
 * Reads the public half of a master key.
 *
 * @throws {KeyError} if it is none.
 */
export function describeMasterPublicKey(publicPem: string): MasterKeyDetails {
  return detailsOf(readPublicKey(publicPem));
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
 * SHA-256 of the public half of a master key, however it is written.
 *
 * @throws {KeyError} if it is none.
 */
export function masterKeyFingerprint(publicPem: string): Uint8Array {
  return sha256(readPublicKey(publicPem).export({ type: "spki", format: "der" }));
}

function detailsOf(publicKey: KeyObject): MasterKeyDetails {
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const modulus = Buffer.from(n, "base64url");
  return {
    modulus: encodeHex(modulus).toUpperCase(),
    exponent: String(BigInt(`0x0${Buffer.from(e, "base64url").toString("hex")}`)),
    bits: publicKey.asymmetricKeyDetails?.modulusLength ?? modulus.byteLength * 8,
  };
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
    throw new KeyError(
      "failed to decrypt KeyConfig using RSA - it was not encrypted for this master key",
    );
  }
  return parseKeyFile(text, "the decrypted text");
}

/** Whether the private half asks for a passphrase. */
export function isProtectedPrivateKey(privatePem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED\r?$/m.test(privatePem);
}

function readPublicKey(pem: string): KeyObject {
  if (/PRIVATE KEY-----/.test(pem)) {
    throw new KeyError("Unable to decode PEM data - this is a private key, not a public one");
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
  } catch {
    throw new KeyError(
      half === "private"
        ? "failed to read PEM-formatted private key - it is none, or its passphrase is wrong"
        : "Unable to decode PEM data - it holds no public key",
    );
  }
  if (key.asymmetricKeyType !== "rsa") {
    throw new KeyError(`not a valid ${half} RSA key - it is of type ${key.asymmetricKeyType}`);
  }
  return key;
}
