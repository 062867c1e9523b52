import { pbkdf2, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { KeyError } from "../errors/mod.ts";
import {
  KEY_LENGTH,
  MAX_PBKDF2_ITERATIONS,
  MAX_SCRYPT_MEMORY_BYTES,
  MAX_SCRYPT_WORK_BYTES,
  NEW_PBKDF2_ITERATIONS,
  NEW_SALT_LENGTH,
  NEW_SCRYPT,
} from "./format.ts";

/** How a passphrase becomes the key that protects a key file (spec: datastore-formats.md §5.1). */
export type KeyDerivation =
  | {
    readonly kind: "scrypt";
    readonly n: number;
    readonly r: number;
    readonly p: number;
    readonly salt: Uint8Array;
  }
  | { readonly kind: "pbkdf2"; readonly iterations: number; readonly salt: Uint8Array };

/** A derivation for a new key file: the usual parameters and a random salt. */
export function createKeyDerivation(kind: KeyDerivation["kind"]): KeyDerivation {
  const salt = crypto.getRandomValues(new Uint8Array(NEW_SALT_LENGTH));
  return kind === "scrypt"
    ? { kind, ...NEW_SCRYPT, salt }
    : { kind, iterations: NEW_PBKDF2_ITERATIONS, salt };
}

/**
 * Derives the protecting key from a passphrase.
 *
 * @returns 32 bytes.
 * @throws {KeyError} if the parameters cannot be, or ask for more memory or time than is reasonable.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const derivation = { kind: "pbkdf2", iterations: 1, salt: new Uint8Array(8) } as const;
 * assertEquals((await deriveKey(derivation, new Uint8Array(5))).length, 32);
 * ```
 */
export async function deriveKey(
  derivation: KeyDerivation,
  passphrase: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (derivation.kind === "pbkdf2") {
    const { iterations, salt } = derivation;
    checkPbkdf2(iterations);
    return new Uint8Array(
      await promisify(pbkdf2)(passphrase, salt, iterations, KEY_LENGTH, "sha256"),
    );
  }
  const { n, r, p, salt } = derivation;
  checkScrypt(n, r, p);
  return new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: MAX_SCRYPT_MEMORY_BYTES };
    scrypt(passphrase, salt, KEY_LENGTH, options, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(new KeyError("scrypt failed", { cause: error }));
    });
  });
}

function checkPbkdf2(iterations: number): void {
  if (!(isCount(iterations) && iterations <= MAX_PBKDF2_ITERATIONS)) {
    throw new KeyError(`key file asks for PBKDF2 with ${iterations} iterations`);
  }
}

function checkScrypt(n: number, r: number, p: number): void {
  const memory = 128 * n * r;
  const possible = [n, r, p].every(isCount) && n > 1 && Number.isInteger(Math.log2(n));
  // The memory of the p parts also counts.
  if (
    !possible || memory + 128 * r * p > MAX_SCRYPT_MEMORY_BYTES ||
    memory * p > MAX_SCRYPT_WORK_BYTES
  ) {
    throw new KeyError(`key file asks for scrypt with n=${n}, r=${r}, p=${p}`);
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
