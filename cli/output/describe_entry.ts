import { quotePath } from "../../lib/bytes/mod.ts";

import type { EntryMetadata, PxarEntry } from "../../lib/pxar/mod.ts";
import { formatEntryTime } from "./format_entry_time.ts";
import { formatMode } from "./format_mode.ts";

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
  const letters = formatMode(mode);
  const type = entry.kind === "hardlink" ? "L" : letters[0];
  const marks = `${acl === undefined ? " " : "+"}${xattrs === undefined ? " " : "+"}`;
  const size = entry.kind === "device" ? `${entry.major},${entry.minor}` : String(entry.size);
  const parts = [
    `${type}${letters.slice(1)}${marks}`,
    `${uid}/${gid}`.padEnd(IDS_WIDTH),
    formatEntryTime(mtimeSecs),
    size.padStart(SIZE_WIDTH),
    quotePath(path),
  ];
  if (entry.target !== undefined) parts.push("->", quotePath(entry.target));
  if (entry.payloadOffset >= 0) parts.push(String(entry.payloadOffset));
  return parts.join(" ");
}
