import type { FusePiece } from "../../ffi/fuse_pages.ts";
import type { FuseAttributes, FuseStatistics } from "../../ffi/fuse_records.ts";

/** Number of a node, from 1 to 2^64 - 1, chosen by the file system; it is the inode number as well. */
export type NodeId = bigint;

/** The root's number. */
export const ROOT_NODE: NodeId = 1n;

/** Metadata of a node. */
export type NodeAttributes = FuseAttributes;

/** Size of a file system. */
export type FileSystemStatistics = FuseStatistics;

/** A node that was found. */
export interface FoundNode {
  readonly node: NodeId;
  readonly attributes: NodeAttributes;
  /** Seconds for which its name and attributes are not asked for again; forever if absent. */
  readonly lifetimeSeconds?: number;
}

/** A node with its name in a folder. */
export interface FolderEntry extends FoundNode {
  /** One path component, any bytes but slash and NUL. */
  readonly name: Uint8Array;
  /**
   * Cursor of what comes after it: a number above 0, at most 2^52, from which the folder can be read
   * on at any later time.
   */
  readonly next: number;
  /**
   * Whether only name, kind and number are told: the kernel looks it up when it wants more, and it does
   * not count as found.
   */
  readonly isOnlyNamed?: boolean;
}

/** An answer that may be there at once. */
export type Answer<T> = T | Promise<T>;

/** The kernel's memory of contents of files. */
export interface PageCache {
  /**
   * Puts pieces of files there, so that they are not asked for as long as the machine has memory. That
   * it does not work is no failure.
   *
   * @param bytes What the pieces lie in; must stay as they are until the call has settled.
   */
  store(bytes: Uint8Array, pieces: readonly FusePiece[]): Promise<void>;
}

/**
 * A file system that is shown read-only. Its calls may overlap. A failure is thrown: a `SystemError`
 * is answered with its error number, anything else is reported and answered with `EIO`.
 */
export interface ReadOnlyFileSystem {
  /** The node of that name; `undefined` if there is none. */
  lookup(parent: NodeId, name: Uint8Array): Answer<FoundNode | undefined>;
  /**
   * Attributes of a node that was found before, or of the root. A lifetime that is absent is forever.
   */
  attributes(node: NodeId): Answer<Omit<FoundNode, "node">>;
  /**
   * Shows the entries of a folder from a cursor on (0 is the start) to `show`, without `.` and `..`,
   * until that returns false: the entry was not taken then, and will be asked for again. Each entry
   * taken counts as found once.
   */
  readFolder(
    node: NodeId,
    cursor: number,
    show: (entry: FolderEntry) => boolean,
  ): Promise<void>;
  /** Bytes of a regular file: as many as asked for, fewer only at its end. */
  read(node: NodeId, offset: number, length: number): Answer<Uint8Array>;
  /** Target of a symlink. */
  readLink?(node: NodeId): Answer<Uint8Array>;
  /** Names of extended attributes; none if absent. */
  listXattrs?(node: NodeId): Answer<readonly Uint8Array[]>;
  /** Value of an extended attribute, `undefined` if there is none of that name. */
  readXattr?(node: NodeId, name: Uint8Array): Answer<Uint8Array | undefined>;
  /** Size of the whole. */
  statistics?(): Answer<FileSystemStatistics>;
  /** It is mounted: from now on the kernel can be given more than it has asked for. */
  mounted?(pages: PageCache): void;
  /** The kernel has forgotten a node that was found so often. Needed only by who counts. */
  forget?(node: NodeId, count: number): void;
  /**
   * Whether the names in a folder may change, so that the kernel must not keep them. If absent
   * nothing changes, and files and folders are opened without asking.
   */
  isChanging?(folder: NodeId): boolean;
}
