import type { PxarEntry } from "../pxar/mod.ts";

/** Kind of an entry of a file archive. */
export type ArchiveEntryKind =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "device"
  | "fifo"
  | "socket";

/** An entry of a file archive, as a listing shows it. */
export interface ArchiveEntry {
  /** One path component; bytes that are not UTF-8 are shown as replacement characters. */
  readonly name: string;
  /** The same as stored. */
  readonly nameBytes: Uint8Array;
  /** File, directory, or whatever else it is. */
  readonly kind: ArchiveEntryKind;
  /** Bytes of content; 0 for everything but regular files. */
  readonly sizeBytes: number;
  /** Complete `st_mode`: file type and permission bits; 0 for hard links, which have none. */
  readonly mode: number;
  /** Owner's number. */
  readonly uid: number;
  /** Group's number. */
  readonly gid: number;
  /** Time of the last change of content, to the millisecond. */
  readonly modified: Date;
  /** Target of a symbolic or hard link. */
  readonly target?: string;
}

/** An entry as a listing shows it. */
export function toArchiveEntry(entry: PxarEntry): ArchiveEntry {
  const decoder = new TextDecoder();
  const { metadata, target } = entry;
  const milliseconds = metadata === undefined
    ? 0
    : metadata.mtimeSecs * 1000 + Math.floor(metadata.mtimeNanos / 1e6);
  return {
    name: decoder.decode(entry.name),
    nameBytes: entry.name,
    kind: entry.kind,
    sizeBytes: entry.size,
    mode: metadata?.mode ?? 0,
    uid: metadata?.uid ?? 0,
    gid: metadata?.gid ?? 0,
    modified: new Date(milliseconds),
    ...(target === undefined ? {} : { target: decoder.decode(target) }),
  };
}
