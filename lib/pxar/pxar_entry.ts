import type { EntryMetadata } from "./metadata.ts";

/** Kind of an entry. A device's mode tells character from block. */
export type EntryKind =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "device"
  | "fifo"
  | "socket";

/** An entry as read from an archive; its byte arrays are copies and stay valid. */
export interface PxarEntry {
  readonly kind: EntryKind;
  /** One path component; empty for the root. */
  readonly name: Uint8Array;
  /** Directories above: 0 for the root, 1 for its children. */
  readonly depth: number;
  /** Stream position of the FILENAME item, for the root of its ENTRY item. */
  readonly position: number;
  /** All but the content; undefined for hard links, which have none of their own. */
  readonly metadata: EntryMetadata | undefined;
  /**
   * Why extended attributes and ACLs are missing in the metadata: there were more than a file can
   * have. The owner alone has rights then.
   */
  readonly damage: string | undefined;
  /** Bytes of content; 0 for everything but regular files. */
  readonly size: number;
  /** Start of a file's content in a version 1 archive, otherwise -1. */
  readonly contentPosition: number;
  /** Offset of the PAYLOAD header in the payload stream of a split archive, otherwise -1. */
  readonly payloadOffset: number;
  /** Target of a symlink, or path of a hard link's target relative to the archive root. */
  readonly target: Uint8Array | undefined;
  /** Position of the FILENAME item a hard link leads to, otherwise -1. Not yet checked further. */
  readonly targetPosition: number;
  /** Device numbers, otherwise 0. */
  readonly major: number;
  readonly minor: number;
}
