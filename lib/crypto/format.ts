// Numbers of the key formats (spec: datastore-formats.md §5, §1.7).

/** Length of a backup key, of an id key and of a fingerprint. */
export const KEY_LENGTH = 32;

/** AES-256-GCM as this format uses it: all 16 bytes of the IV count, 16 bytes of tag. */
export const GCM_IV_LENGTH = 16;
/** Length of a GCM authentication tag. */
export const GCM_TAG_LENGTH = 16;

/** Salt and iterations of the PBKDF2 that makes the id key. */
export const ID_KEY_SALT = "_id_key";
/** See {@linkcode ID_KEY_SALT}. */
export const ID_KEY_ITERATIONS = 10;

/**
 * SHA-256 of `Proxmox Backup Encryption Key Fingerprint`: what a fingerprint is hashed over first.
 */
export const FINGERPRINT_INPUT = "6ed0ef77471fff4d55c7a8fe4a9db62161407f134c725ddf30992d25ec45ed26";
/** How many bytes of a fingerprint make the key id that messages show. */
export const KEY_ID_LENGTH = 8;

/** Parameters of the key derivations for new key files. */
export const NEW_SCRYPT = { n: 65536, r: 8, p: 1 } as const;
/** See {@linkcode NEW_SCRYPT}. */
export const NEW_PBKDF2_ITERATIONS = 65535;
/** Length of the salt of new key files. */
export const NEW_SALT_LENGTH = 32;

/**
 * Limits of what a key file may ask for: memory as the reference allows it, work that ends within a
 * minute.
 */
export const MAX_SCRYPT_MEMORY_BYTES = 1025 * 1024 * 1024;
/** See {@linkcode MAX_SCRYPT_MEMORY_BYTES}; memory times parallelism. */
export const MAX_SCRYPT_WORK_BYTES = 16 * MAX_SCRYPT_MEMORY_BYTES;
/** See {@linkcode MAX_SCRYPT_MEMORY_BYTES}. */
export const MAX_PBKDF2_ITERATIONS = 50_000_000;

/** Shortest passphrase, in bytes. */
export const MIN_PASSPHRASE_BYTES = 5;
/** Longest hint, in characters. */
export const MAX_HINT_LENGTH = 64;
/** A key file is a few hundred bytes; more is refused unread. */
export const MAX_KEY_FILE_LENGTH = 64 * 1024;

/** RSA master keys: new ones, and what PKCS#1 v1.5 padding takes of the modulus. */
export const MASTER_KEY_BITS = 4096;
/** See {@linkcode MASTER_KEY_BITS}. */
export const MASTER_KEY_EXPONENT = 65537;
/** See {@linkcode MASTER_KEY_BITS}. */
export const PKCS1_PADDING_LENGTH = 11;
