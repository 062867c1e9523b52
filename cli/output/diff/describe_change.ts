import type { ArchiveChange, ChangedPart, EntryChange } from "../../../lib/compare/mod.ts";
import type { PxarEntry } from "../../../lib/pxar/mod.ts";
import { countOf } from "../count_of.ts";
import { formatSize } from "../format_size.ts";
import { shownPath } from "./shown_path.ts";

const PERMISSIONS = 0o7777;

/**
 * The line of an entry: what has become of it, its path, and what has changed.
 *
 * @param prefix Name of the archive, or nothing.
 */
export function describeEntryChange(change: EntryChange, prefix: string): string {
  const { status, path, oldPath, before, after } = change;
  const entry = (after ?? before)!;
  const shown = prefix + shownPath(path, entry.kind === "directory");
  switch (status) {
    case "added":
      return `+ ${shown}${describeNew(entry)}`;
    case "removed":
      return `- ${shown}${describeNew(entry)}`;
    case "renamed": {
      const old = prefix + shownPath(oldPath!, entry.kind === "directory");
      const below = change.entriesBelow === undefined
        ? []
        : [`with ${countOf(change.entriesBelow, "entry")}`];
      return `R ${old} -> ${shown}${listed([...below, ...describeParts(change)])}`;
    }
    case "changed":
      return `${letterOf(change)} ${shown}${listed(describeParts(change))}`;
  }
}

/** The line of an archive as a whole. */
export function describeArchiveChange(archive: string, change: ArchiveChange): string {
  const { status, sizeBefore, sizeAfter, differingBytes } = change;
  if (status === "added") return `+ ${archive}  whole archive, ${formatSize(sizeAfter!)}`;
  if (status === "removed") return `- ${archive}  whole archive, ${formatSize(sizeBefore!)}`;
  if (sizeBefore === undefined) return `M ${archive}  content`;
  const parts = sizeBefore === sizeAfter
    ? []
    : [`size ${formatSize(sizeBefore)} -> ${formatSize(sizeAfter!)}`];
  if (differingBytes !== undefined) {
    parts.push(`chunks with ${formatSize(differingBytes)} of ${formatSize(sizeAfter!)} differ`);
  }
  return `M ${archive}${listed(parts)}`;
}

/** As in restic: type, content, or metadata only. What may have changed counts as changed. */
function letterOf({ parts, content }: EntryChange): string {
  if (parts.includes("type")) return "T";
  const mayDiffer = content === "unknown" && parts.includes("mtime");
  return parts.includes("content") || mayDiffer ? "M" : "U";
}

function describeNew(entry: PxarEntry): string {
  if (entry.kind === "file") return `  ${formatSize(entry.size)}`;
  if (entry.kind === "symlink") return `  -> ${shownTarget(entry)}`;
  if (entry.kind === "hardlink") return `  hard link to /${shownTarget(entry)}`;
  return "";
}

function describeParts(change: EntryChange): string[] {
  const { parts, content } = change;
  const texts = parts.filter((part) => part !== "content" || !parts.includes("size"))
    .map((part) => describePart(part, change.before!, change.after!));
  if (parts.includes("content") && !parts.includes("mtime") && !parts.includes("size")) {
    texts.push("size and mtime are the same");
  }
  if (content === "unknown" && parts.includes("mtime")) texts.push("content may differ");
  return texts;
}

function describePart(part: ChangedPart, before: PxarEntry, after: PxarEntry): string {
  const [a, b] = [before.metadata, after.metadata];
  switch (part) {
    case "type":
      return `${before.kind} -> ${after.kind}`;
    case "link":
      return after.kind === "hardlink"
        ? `hard link to /${shownTarget(after)}`
        : `no longer a hard link to /${shownTarget(before)}`;
    case "size":
      return a && b ? `size ${formatSize(before.size)} -> ${formatSize(after.size)}` : "size";
    case "target":
      return `target ${shownTarget(before)} -> ${shownTarget(after)}`;
    case "device":
      return `device ${before.major}:${before.minor} -> ${after.major}:${after.minor}`;
    case "mode":
      return a && b ? `mode ${octal(a.mode)} -> ${octal(b.mode)}` : "mode";
    case "owner":
      return a && b ? `owner ${a.uid}:${a.gid} -> ${b.uid}:${b.gid}` : "owner";
    default:
      return part;
  }
}

function octal(mode: number): string {
  return (mode & PERMISSIONS).toString(8).padStart(4, "0");
}

function shownTarget({ target }: PxarEntry): string {
  // As a path, but for the slash that leads from the root of an archive.
  return shownPath(target!, false).replace("/", "");
}

function listed(parts: readonly string[]): string {
  return parts.length === 0 ? "" : `  ${parts.join(", ")}`;
}
