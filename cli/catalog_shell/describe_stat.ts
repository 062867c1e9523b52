import { quotePath } from "../../lib/bytes/mod.ts";
import { type PxarEntry, S_IFBLK, S_IFMT } from "../../lib/pxar/mod.ts";
import { formatEntryTime } from "../output/format_entry_time.ts";
import { formatMode } from "../output/format_mode.ts";

const SIZE_WIDTH = 13;
const ID_WIDTH = 5;
const PERMISSION_BITS = 0o7777;

/**
 * Text that `stat` shows of an entry behind its path, to the end of the last line (spec: cli.md §4.11). A
 * hard link is shown like a symbolic link to the first name of its file.
 */
export function describeStat(entry: PxarEntry): string {
  const { metadata, target } = entry;
  const id = (value: number | undefined) => String(value ?? 0).padEnd(ID_WIDTH);
  const permissions = ((metadata?.mode ?? 0) & PERMISSION_BITS).toString(8);
  return [
    target === undefined ? "" : ` -> ${quotePath(target)}`,
    `  Size: ${sizeOf(entry).padEnd(SIZE_WIDTH)} Type: ${typeOf(entry)}`,
    `Access: (${permissions}/${modeText(entry)})  Uid: ${id(metadata?.uid)} Gid: ${
      id(metadata?.gid)
    }`,
    `Modify: ${formatEntryTime(metadata?.mtimeSecs ?? 0)}`,
  ].map((line) => `${line}\n`).join("");
}

/** Type and permissions, a plus sign for an ACL and one for extended attributes. */
function modeText({ kind, metadata }: PxarEntry): string {
  const letters = formatMode(metadata?.mode ?? 0);
  const marks = [metadata?.acl, metadata?.xattrs].map((part) => part === undefined ? " " : "+");
  return `${kind === "hardlink" ? "L" : letters[0]}${letters.slice(1)}${marks.join("")}`;
}

function sizeOf({ kind, size, major, minor }: PxarEntry): string {
  return kind === "device" ? `${major},${minor}` : String(size);
}

function typeOf({ kind, metadata }: PxarEntry): string {
  if (kind === "hardlink") return "symlink";
  if (kind !== "device") return kind;
  const isBlock = ((metadata?.mode ?? 0) & S_IFMT) === S_IFBLK;
  return isBlock ? "block special file" : "character special file";
}
