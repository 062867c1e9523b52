import type { PxarEntry } from "../pxar/mod.ts";
import type { ContentVerdict } from "./_content_evidence.ts";

/** A part of an entry that two snapshots may have differently. */
export type ChangedPart =
  /** Another kind of entry: a file where a directory was. */
  | "type"
  /** A hard link where a file of its own was, or the other way, or to another file. */
  | "link"
  | "size"
  /** Only where the indexes prove it, or the size differs. */
  | "content"
  /** Of a symbolic link. */
  | "target"
  /** Numbers of a device. */
  | "device"
  | "mtime"
  | "mode"
  | "owner"
  | "xattrs"
  | "acl"
  /** File capabilities. */
  | "fcaps"
  /** Attribute flags such as `immutable`. */
  | "flags"
  /** Quota project. */
  | "project";

/** An entry that two snapshots do not have alike. */
export interface EntryChange {
  readonly status: "added" | "removed" | "renamed" | "changed";
  /** From the root of the archive, without a leading slash; of what was renamed the new one. */
  readonly path: Uint8Array;
  /** Of what was renamed. */
  readonly oldPath?: Uint8Array;
  /** Absent if it was added. */
  readonly before?: PxarEntry;
  /** Absent if it was removed. */
  readonly after?: PxarEntry;
  /** Parts that differ; none for what was added or removed. */
  readonly parts: readonly ChangedPart[];
  /** Of files that both snapshots have. */
  readonly content?: ContentVerdict;
  /** Of a renamed directory: how many entries below it came along. */
  readonly entriesBelow?: number;
}
