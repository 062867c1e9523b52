import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { KEY_ID_LENGTH, KEY_LENGTH } from "./format.ts";

/**
 * A fingerprint in its full form: 32 hex pairs joined by colons (spec: datastore-formats.md §5.3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const fingerprint = new Uint8Array(32).fill(0xab);
 * assertEquals(formatFingerprint(fingerprint).length, 95);
 * assertEquals(parseFingerprint(formatFingerprint(fingerprint)), fingerprint);
 * assertEquals(formatKeyId(fingerprint), "ab:ab:ab:ab:ab:ab:ab:ab");
 * ```
 */
export function formatFingerprint(fingerprint: Uint8Array): string {
  return Array.from(fingerprint, (byte) => encodeHex(Uint8Array.of(byte))).join(":");
}

/** The key id: the first 8 bytes of a fingerprint, the form that messages show. */
export function formatKeyId(fingerprint: Uint8Array): string {
  return formatFingerprint(fingerprint.subarray(0, KEY_ID_LENGTH));
}

/**
 * Reads the full form; colons count for nothing.
 *
 * @throws {SyntaxError} if there are not exactly 64 hex digits.
 */
export function parseFingerprint(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(":", "");
  if (digits.length !== KEY_LENGTH * 2) {
    throw new SyntaxError(`"${text.slice(0, 120)}" is not a fingerprint of 64 hex digits`);
  }
  return decodeHex(digits);
}
