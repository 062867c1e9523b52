import type { Parameter, ValueType } from "../command.ts";

/** Demands of the rules of values, by their names; empty where descriptions say it. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["auth-id", "Format: user@realm, or user@realm!token for an API token."],
  ["backup-spec", ""],
  [
    "byte-size",
    "Format: a number, then a unit if any: B, KB, MB, GB, TB, PB, or KiB, MiB, GiB, TiB, PiB.",
  ],
  ["capability", "Format: a name of capabilities(7), such as CAP_SYS_ADMIN."],
  ["hint", "No control characters."],
  [
    "namespace",
    "Format: up to 7 names with slashes between, e.g. site/web; names as those of backup ids.",
  ],
  [
    "pattern",
    "Format: a path with *, ?, [...] and ** for any depth; a leading slash anchors it, a " +
    "trailing one means directories only, a leading ! excludes. The last one that matches " +
    "counts.",
  ],
  [
    "moment",
    "Format: a date such as 2026-03-05, with or without a time, or how long ago, such as 7d.",
  ],
  ["repository", ""],
  ["safe-name", "Format: letters, digits, _, - and ., the first neither - nor a full stop."],
  ["server", "Format: a DNS name, an IPv4 address, or an IPv6 address without brackets."],
  ["time-span", "Format: seconds, or numbers with d, h, m and s, such as 1h30m."],
  ["share", "Format: percent of the whole, such as 5% or 0.5%."],
  ["upid", "Format: UPID:node:pid:pstart:task-id:start:type:id:user:"],
]);

/**
 * Demands on a parameter beyond its type and description: sentences on its format, length and
 * repetition.
 *
 * @throws {TypeError} if nothing is known of its format: it has to be added above.
 */
export function valueNotes({ type, repeatable }: Parameter): string[] {
  const notes = [formatNote(type), lengthNote(type)];
  if (repeatable) notes.push("Can be given more than once.");
  return notes.filter((note) => note !== "");
}

function formatNote(type: ValueType): string {
  if (type.kind !== "string" || type.format === undefined) return "";
  const note = FORMATS.get(type.format.name);
  if (note === undefined) throw new TypeError(`Format '${type.format.name}' has no description`);
  return note;
}

function lengthNote(type: ValueType): string {
  if (type.kind !== "string") return "";
  const { minLength, maxLength } = type;
  if (minLength === undefined && maxLength === undefined) return "";
  if (maxLength === undefined) return `Length: at least ${minLength} characters.`;
  if (minLength === undefined) return `Length: at most ${maxLength} characters.`;
  return `Length: ${minLength} to ${maxLength} characters.`;
}
