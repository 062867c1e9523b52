import { createHash } from "node:crypto";

/**
 * SHA-256 over some byte arrays, one after the other.
 *
 * @returns 32 bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeHex } from "../bytes/mod.ts";
 * assertEquals(encodeHex(sha256(new TextEncoder().encode("abc"))).slice(0, 8), "ba7816bf");
 * ```
 */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
