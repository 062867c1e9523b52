import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Keys that a user gets at a time. */
const KEY_COUNT = 10;
const KEY_BYTES = 10;
const SALT_BYTES = 16;

/** The hashes of a user's recovery keys. */
export interface RecoveryHashes {
  /** Hex. */
  readonly salt: string;
  /** Hex, by number; null for keys that were used. */
  readonly keys: readonly (string | null)[];
}

/**
 * Makes recovery keys: each stands for a second factor once.
 *
 * They are random numbers of 80 bits, so a fast hash is enough to keep them.
 *
 * @returns The keys, to be shown once, and what to keep.
 */
export function createRecoveryKeys(): { keys: string[]; hashes: RecoveryHashes } {
  const salt = randomBytes(SALT_BYTES).toString("hex");
  const keys = Array.from(
    { length: KEY_COUNT },
    () => randomBytes(KEY_BYTES).toString("hex").replaceAll(/.{4}(?=.)/g, "$&-"),
  );
  return { keys, hashes: { salt, keys: keys.map((key) => hashKey(salt, key)) } };
}

/** The number of a key among those that are left; undefined if it is none of them. */
export function findRecoveryKey(hashes: RecoveryHashes, key: string): number | undefined {
  const hash = new TextEncoder().encode(hashKey(hashes.salt, key));
  const at = hashes.keys.findIndex((stored) => {
    const bytes = new TextEncoder().encode(stored ?? "");
    return bytes.length === hash.length && timingSafeEqual(bytes, hash);
  });
  return at < 0 ? undefined : at;
}

/** Numbers of the keys that are left. */
export function recoveryKeysLeft({ keys }: RecoveryHashes): number[] {
  return [...keys.keys()].filter((at) => keys[at] !== null);
}

function hashKey(salt: string, key: string): string {
  const compact = key.replaceAll(/[\s-]/g, "").toLowerCase();
  return createHash("sha256").update(salt).update(compact).digest("hex");
}
