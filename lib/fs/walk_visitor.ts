import type { EntryMetadata } from "../pxar/mod.ts";
import type { FileIdentity } from "./file_identity.ts";

/**
 * The first name under which the walk met a regular file that has several.
 *
 * The walk makes one per file and passes the same object again with every later name; the visitor
 * keeps in `position` where its stream has the first one.
 */
export interface HardlinkTarget {
  /** Path of the first name, relative to the root, without leading slash. */
  path: Uint8Array;
  /** Set by the visitor: position of the FILENAME item of the first name, in bytes. */
  position: number | undefined;
}

/** A regular file that the walk met. */
export interface WalkedFile {
  readonly name: Uint8Array;
  readonly metadata: EntryMetadata;
  /** Size to announce. */
  readonly sizeBytes: number;
  /**
   * Open for reading at offset 0 and from now on the visitor's to close; -1 if the file is empty.
   */
  readonly fd: number;
  /**
   * Present if the file has more names; the visitor has to set its position, and may have another
   * name stand for the first one if that has gone.
   */
  readonly link: HardlinkTarget | undefined;
  /** To open the file again. */
  readonly identity: FileIdentity;
}

/** Position of a walk. One object for a whole walk; what it returns is a new array each time. */
export interface WalkPath {
  /**
   * Path of the entry being visited, relative to the root, without leading slash; empty for the
   * root. Valid inside the visitor's calls.
   */
  bytes(): Uint8Array<ArrayBuffer>;
}

/**
 * Receiver of a walk: {@linkcode walkTree} calls it entry by entry, depth first, children in the
 * order of their name bytes (spec: pxar.md §5.2).
 *
 * Arrays that are passed may be kept: nobody writes to them again. But each is a view into its batch
 * of 64 KiB, so what is kept for long should be copied. Calls are synchronous. After each one the
 * walk looks at `full` and awaits `drain` when it is true.
 */
export interface TreeVisitor {
  /** Whether `drain` should be awaited before the next call. */
  readonly full: boolean;
  /** Waits until there is room again. */
  drain(): Promise<void>;
  /** Hands on what keeps files open; called when no more can be opened. */
  letFilesGo?(): Promise<void>;
  /** The first call. @param path Tells at any time of the walk where it is. */
  enterRoot(metadata: EntryMetadata, path: WalkPath): void;
  /** The last call of a walk that succeeded. */
  leaveRoot(): void;
  /**
   * A directory begins; also for one whose contents are skipped.
   *
   * @param isMountPoint Whether another file system is mounted there.
   */
  enterDirectory(name: Uint8Array, metadata: EntryMetadata, isMountPoint: boolean): void;
  /** The directory entered last ends. */
  leaveDirectory(): void;
  /** A regular file. */
  file(file: WalkedFile): void;
  /** A further name of a file that `file` was called for. */
  hardlink(name: Uint8Array, target: HardlinkTarget): void;
  /** A symbolic link. */
  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void;
  /** A character or block device; the mode tells which. */
  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void;
  /** A named pipe. */
  fifo(name: Uint8Array, metadata: EntryMetadata): void;
  /** A socket. */
  socket(name: Uint8Array, metadata: EntryMetadata): void;
}
