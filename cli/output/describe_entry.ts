import { quotePath } from "../../lib/bytes/mod.ts";

import type { EntryMetadata, PxarEntry } from "../../lib/pxar/mod.ts";
import { localClock } from "../../lib/time/mod.ts";

const TYPES: Readonly<Record<number, string>> = {
  0o010000: "p",
  0o020000: "c",
  0o040000: "d",
  0o060000: "b",
  0o100000: "-",
  0o120000: "l",
  0o140000: "s",
};
const S_IFMT = 0o170000;
/** Seconds from 1970, a day inside. */
const YEAR_ONE = -62_135_510_400;
const YEAR_TEN_THOUSAND = 253_402_214_400;
const IDS_WIDTH = 13;
const SIZE_WIDTH = 8;

/** A hard link has no metadata of its own. */
const NO_METADATA: EntryMetadata = {
  mode: 0,
  flags: 0,
  uid: 0,
  gid: 0,
  mtimeSecs: 0,
  mtimeNanos: 0,
};

/**
 * The long line of an entry (spec: pxar.md §6.8, cli.md §7.1): type and permissions, a plus sign for an
 * ACL and one for extended attributes, owner and group, local time, size, path, target, and in a split
 * archive where the content lies.
 */
export function describeEntry(path: Uint8Array, entry: PxarEntry): string {
  const metadata = entry.metadata ?? NO_METADATA;
  const { mode, uid, gid, mtimeSecs, acl, xattrs } = metadata;
  const type = entry.kind === "hardlink" ? "L" : TYPES[mode & S_IFMT] ?? "?";
  const marks = `${acl === undefined ? " " : "+"}${xattrs === undefined ? " " : "+"}`;
  const size = entry.kind === "device" ? `${entry.major},${entry.minor}` : String(entry.size);
  const parts = [
    `${type}${permissions(mode)}${marks}`,
    `${uid}/${gid}`.padEnd(IDS_WIDTH),
    timeOf(mtimeSecs),
    size.padStart(SIZE_WIDTH),
    quotePath(path),
  ];
  if (entry.target !== undefined) parts.push("->", quotePath(entry.target));
  if (entry.payloadOffset >= 0) parts.push(String(entry.payloadOffset));
  return parts.join(" ");
}

/** Nine letters, such as `rwxr-sr-t`. */
function permissions(mode: number): string {
  const special = ["s", "s", "t"];
  return [6, 3, 0].map((shift, index) => {
    const bits = mode >> shift;
    const isSpecial = (mode & 0o4000 >> index) !== 0;
    const letter = special[index]!;
    const execute = (bits & 1) !== 0
      ? isSpecial ? letter : "x"
      : isSpecial
      ? letter.toUpperCase()
      : "-";
    return `${(bits & 4) !== 0 ? "r" : "-"}${(bits & 2) !== 0 ? "w" : "-"}${execute}`;
  }).join("");
}

/** `YYYY-MM-DD HH:MM:SS`; the plain seconds of years that have no four digits. */
function timeOf(seconds: number): string {
  if (!(seconds > YEAR_ONE && seconds < YEAR_TEN_THOUSAND)) return String(seconds);
  return localClock(seconds).toISOString().slice(0, 19).replace("T", " ");
}
