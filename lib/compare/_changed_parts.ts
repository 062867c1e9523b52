import { bytesEqual, compareBytes } from "../bytes/mod.ts";
import { aclEqual, type EntryMetadata, type PxarEntry, S_IFMT, type Xattr } from "../pxar/mod.ts";
import type { ContentVerdict } from "./_content_evidence.ts";
import type { ChangedPart } from "./entry_change.ts";

/** Parts of two entries of one kind that differ; of files also whether their contents do. */
export function changedParts(
  before: PxarEntry,
  after: PxarEntry,
  content: ContentVerdict | undefined,
): ChangedPart[] {
  const parts: ChangedPart[] = [];
  const note = (part: ChangedPart, isChanged: boolean) => {
    if (isChanged) parts.push(part);
  };
  note("size", before.size !== after.size);
  note("content", content === "different");
  note("target", !optionalBytesEqual(before.target, after.target));
  note("device", before.major !== after.major || before.minor !== after.minor);
  if (before.metadata !== undefined && after.metadata !== undefined) {
    const [a, b] = [before.metadata, after.metadata];
    note("mtime", a.mtimeSecs !== b.mtimeSecs || a.mtimeNanos !== b.mtimeNanos);
    note("mode", permissionsOf(a) !== permissionsOf(b));
    note("owner", a.uid !== b.uid || a.gid !== b.gid);
    note("xattrs", !xattrsEqual(a.xattrs, b.xattrs));
    note("acl", !aclEqual(a.acl, b.acl));
    note("fcaps", !optionalBytesEqual(a.fcaps, b.fcaps));
    note("flags", a.flags !== b.flags);
    note("project", a.projectId !== b.projectId);
  }
  return parts;
}

function permissionsOf({ mode }: EntryMetadata): number {
  return mode & ~S_IFMT;
}

function optionalBytesEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : bytesEqual(a, b);
}

/** The order is the kernel's, and means nothing. */
function xattrsEqual(a: readonly Xattr[] = [], b: readonly Xattr[] = []): boolean {
  if (a.length !== b.length) return false;
  if (a.length === 0) return true;
  const sorted = (xattrs: readonly Xattr[]) =>
    xattrs.toSorted((x, y) => compareBytes(x.name, y.name));
  const others = sorted(b);
  return sorted(a).every(({ name, value }, i) =>
    bytesEqual(name, others[i]!.name) && bytesEqual(value, others[i]!.value)
  );
}
