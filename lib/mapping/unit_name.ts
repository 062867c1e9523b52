import { createHash } from "node:crypto";

const encoder = new TextEncoder();
const KEPT = /^[A-Za-z0-9_.]$/;
/** Longest name of a file that Linux takes. */
const MAX_FILE_NAME_BYTES = 255;
const HASH_DIGITS = 16;
/** Of a byte, such as `\x2d`. */
const ESCAPED_LENGTH = 4;
/** Stands for what was left out of a name that is too long. */
const GAP = "...";

/**
 * A name as a file name, in the way of systemd's unit names (spec: client-pipeline.md §6.3): `/`
 * becomes `-`; of other bytes only letters, digits, `_` and `.` stay, the latter not in front.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(escapeUnitName("h:tank/my-disk.img"), String.raw`h\x3atank-my\x2ddisk.img`);
 * ```
 */
export function escapeUnitName(name: string): string {
  return Array.from(encoder.encode(name), (byte, position) => {
    const character = String.fromCharCode(byte);
    if (character === "/") return "-";
    if (KEPT.test(character) && !(character === "." && position === 0)) return character;
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/**
 * A file name for a name of any length. One that would be too long for a file system begins with a hash of the
 * whole in its place, and keeps as much of the end as fits.
 */
export function fileNameFor(name: string): string {
  const escaped = escapeUnitName(name);
  // An escaped name has one byte for each character.
  if (escaped.length <= MAX_FILE_NAME_BYTES) return escaped;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_DIGITS);
  let start = escaped.length - (MAX_FILE_NAME_BYTES - HASH_DIGITS - GAP.length);
  // Not from within an escaped byte on.
  const escape = escaped.lastIndexOf("\\", start - 1);
  if (escape >= 0 && start - escape < ESCAPED_LENGTH) start = escape + ESCAPED_LENGTH;
  return hash + GAP + escaped.slice(start);
}

/** The name that was made a file name; what is not escaped properly stays as it is. */
export function unescapeUnitName(escaped: string): string {
  const bytes: number[] = [];
  for (const part of escaped.match(/\\x[0-9a-fA-F]{2}|[^]/gu) ?? []) {
    if (part.length > 2 && part.startsWith("\\x")) bytes.push(parseInt(part.slice(2), 16));
    else bytes.push(...encoder.encode(part === "-" ? "/" : part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
