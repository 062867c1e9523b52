import { Buffer } from "node:buffer";
import { concatBytes } from "../bytes/mod.ts";
import { PageError } from "./_refusal.ts";

const SLASH = 0x2f;
/** Characters of a path of keys; a quarter of it are what Base64 adds. */
export const MAX_PATH_CHARACTERS = 128 * 1024;

/** The key of an entry: the bytes of its name in Base64url. */
export function formatEntryKey(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString("base64url");
}

/**
 * Reads a path of keys.
 *
 * @returns The names, joined by slashes; empty for the top.
 * @throws {PageError} if it is none, or a name is one that no entry has.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const path = [new TextEncoder().encode("etc"), Uint8Array.of(0xff)].map(formatEntryKey).join("/");
 * assertEquals(path, "ZXRj/_w");
 * assertEquals(parseEntryPath(path), Uint8Array.of(0x65, 0x74, 0x63, 0x2f, 0xff));
 * ```
 */
export function parseEntryPath(text: string): Uint8Array {
  if (text === "") return new Uint8Array();
  const parts: Uint8Array[] = [];
  for (const key of text.split("/")) {
    if (!/^[A-Za-z0-9_-]+$/.test(key) || key.length % 4 === 1) throw malformed();
    const name = new Uint8Array(Buffer.from(key, "base64url"));
    const isDots = name.every((byte) => byte === 0x2e) && name.length <= 2;
    if (isDots || name.includes(SLASH) || name.includes(0)) throw malformed();
    if (parts.length > 0) parts.push(Uint8Array.of(SLASH));
    parts.push(name);
  }
  return concatBytes(parts);
}

/** The path of keys of an entry, by the bytes of its path. */
export function formatEntryPath(path: Uint8Array): string {
  const keys: string[] = [];
  for (let start = 0; start < path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    if (end > start) keys.push(formatEntryKey(path.subarray(start, end)));
    start = end + 1;
  }
  return keys.join("/");
}

/** The last name of a path. */
export function lastName(path: Uint8Array): Uint8Array {
  return path.subarray(path.lastIndexOf(SLASH) + 1);
}

function malformed(): PageError {
  return new PageError("bad-request", "the path is not one of keys joined by slashes");
}
