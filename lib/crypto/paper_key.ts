import { CorruptDataError } from "../errors/mod.ts";
import { MAX_KEY_FILE_LENGTH } from "./format.ts";
import { parseKeyFile, serializeKeyFile } from "./key_file.ts";
import type { ZoneOffset } from "./timestamp.ts";
import { localZone } from "./timestamp.ts";

/** Text on a paper key: the lines of a key file, or those of a private master key. */
export interface PaperKey {
  readonly kind: "key-file" | "master-key";
  /** The lines to type or scan to get the file back. */
  readonly lines: readonly string[];
}

/** First and last lines of private keys that may be printed. */
const PRIVATE_KEY_MARKERS = [
  ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----END ENCRYPTED PRIVATE KEY-----"],
  ["-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"],
] as const;
/** A private key with fewer lines is cut off or no master key. */
const MIN_PRIVATE_KEY_LINES = 20;

/**
 * Takes from a file what a paper key shows (spec: datastore-formats.md §5.7).
 *
 * @param text A key file, or a PEM private key.
 * @param zone Whose clock the times of a key file are shown in.
 * @throws {CorruptDataError} if it is neither.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { protectKey } from "./protect_key.ts";
 * import { serializeKeyFile } from "./key_file.ts";
 * const file = await protectKey(new Uint8Array(32), { kdf: "none" });
 * const paper = readPaperKey(serializeKeyFile(file));
 * assertEquals([paper.kind, paper.lines[1]], ["key-file", '  "kdf": null,']);
 * ```
 */
export function readPaperKey(text: string, zone: ZoneOffset = localZone): PaperKey {
  if (text.length > MAX_KEY_FILE_LENGTH) {
    throw new CorruptDataError(`a key of ${text.length} characters is too long to be printed`);
  }
  for (const [begin, end] of PRIVATE_KEY_MARKERS) {
    if (text.startsWith(begin)) return { kind: "master-key", lines: privateKeyLines(text, end) };
  }
  const members = JSON.parse(serializeKeyFile(parseKeyFile(text), zone));
  return { kind: "key-file", lines: JSON.stringify(members, undefined, 2).split("\n") };
}

/** Whether a text begins as a private key does, and is no key file. */
export function isPrivateKeyText(text: string): boolean {
  return PRIVATE_KEY_MARKERS.some(([begin]) => text.startsWith(begin));
}

function privateKeyLines(text: string, end: string): string[] {
  const lines = text.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
  if (lines.length < MIN_PRIVATE_KEY_LINES || lines.at(-1) !== end) {
    throw new CorruptDataError("unexpected key format");
  }
  return lines;
}
