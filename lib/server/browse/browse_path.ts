import { Buffer } from "node:buffer";
import { ServerError } from "../../errors/mod.ts";

const SLASH = 0x2f;

/**
 * Decodes the `filepath` of a call: Base64 of a path, or one of two words for the top
 * (spec: protocol.md §7.4).
 *
 * @returns The path's bytes; a single slash for the top.
 * @throws {ServerError} with 400 if it is no Base64.
 */
export function parseBrowsePath(text: string): Uint8Array {
  if (text === "root" || text === "/") return Uint8Array.of(SLASH);
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new ServerError(400, "base64 decoding of path failed - error decoding base64 data");
  }
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** The form in which clients get a path, and give it back. */
export function formatBrowsePath(path: Uint8Array): string {
  return Buffer.from(path).toString("base64");
}

/** Takes the first component off a path. */
export function splitFirst(
  path: Uint8Array,
): { readonly first: string; readonly rest: Uint8Array } {
  const start = path.findIndex((byte) => byte !== SLASH);
  if (start < 0) return { first: "", rest: new Uint8Array(0) };
  const slash = path.indexOf(SLASH, start);
  const end = slash < 0 ? path.length : slash;
  return { first: pathText(path.subarray(start, end)), rest: path.subarray(end) };
}

/** A path or name for people. */
export function pathText(path: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(path);
}

/** Bytes without slashes at their front. */
export function withoutLeadingSlash(path: Uint8Array): Uint8Array {
  const start = path.findIndex((byte) => byte !== SLASH);
  return start < 0 ? new Uint8Array(0) : path.subarray(start);
}

/** Bytes without slashes at their end. */
export function withoutTrailingSlash(path: Uint8Array): Uint8Array {
  return path.subarray(0, path.findLastIndex((byte) => byte !== SLASH) + 1);
}

/** A name below a folder. */
export function childPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(folder.length + 1 + name.length);
  path.set(folder);
  path[folder.length] = SLASH;
  path.set(name, folder.length + 1);
  return path;
}
