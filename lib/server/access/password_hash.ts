import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { CorruptDataError } from "../../errors/mod.ts";

/** Parameters of scrypt: 16 MiB and some 50 ms per guess. */
const COST = 2 ** 14;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Above what the parameters of a stored hash may ask for. */
const MAX_COST = 2 ** 18;

/**
 * Hashes a password or token secret slowly, for storing.
 *
 * @returns `$scrypt$N$r$p$salt$hash`, the last two in base64.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST, BLOCK_SIZE, PARALLELISM);
  const parameters = `${COST}$${BLOCK_SIZE}$${PARALLELISM}`;
  return `$scrypt$${parameters}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

/**
 * Whether a password is the one of a stored hash. Takes memory and time of a processor, so that
 * strangers' guesses go through {@linkcode PasswordChecks}.
 *
 * @throws {CorruptDataError} if it is no hash.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [empty, kind, cost, block, parallel, salt = "", hash = ""] = stored.split("$");
  const numbers = [cost, block, parallel].map(Number);
  const [n = 0, r = 0, p = 0] = numbers;
  const valid = empty === "" && kind === "scrypt" && hash !== "" &&
    numbers.every((value) => Number.isInteger(value) && value > 0) &&
    n <= MAX_COST && r <= 32 && p <= 16;
  if (!valid) throw new CorruptDataError("a stored password hash is damaged");
  const expected = Buffer.from(hash, "base64");
  const derived = await derive(password, Buffer.from(salt, "base64"), n, r, p);
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

/** A hash that no password has, to spend the same time on users that do not exist. */
export const UNKNOWN_USER_HASH =
  `$scrypt$${COST}$${BLOCK_SIZE}$${PARALLELISM}$AAAAAAAAAAAAAAAAAAAAAA==$${"A".repeat(43)}=`;

function derive(
  password: string,
  salt: Uint8Array,
  cost: number,
  blockSize: number,
  parallelism: number,
): Promise<Buffer> {
  const options = {
    N: cost,
    r: blockSize,
    p: parallelism,
    maxmem: 256 * cost * blockSize * parallelism,
  };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, HASH_BYTES, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
