/**
 * FUSE: showing a tree that is made on demand, or a single file, as a read-only file system.
 *
 * A *read-only file system* answers questions about *nodes*. A node has a number that the file system
 * chooses: it is the inode number as well, so hard links are entries with one number. The kernel may
 * ask for a node at any time after it was found, as long as the mount lives, unless `forget` says
 * otherwise; a number that tells where its node lies needs no table of nodes.
 *
 * One file system can hold others: it gives each a part of the bits of its numbers, finds in a number
 * whom to ask, and puts those bits into the nodes that come back. An archive's file system (`mount`)
 * leaves the bits from 48 to 62 zero for that, and calls its root {@linkcode ROOT_NODE} like everybody.
 * Folders that change say so (`isChanging`), and give their entries a lifetime.
 *
 * For a single file, the root is a regular file and the mount point a file: `attributes`, `read` and
 * nothing else is called.
 *
 * A *session* mounts a file system and answers requests, several at a time, until somebody unmounts it.
 *
 * @module
 */

export * from "./read_only_file_system.ts";
export { detachProcess } from "./detach_process.ts";
export { unmount } from "./unmount.ts";
export { type FuseMountOptions, FuseSession, type UnmountResult } from "./fuse_session.ts";
export { returnLargeBlocks } from "../../ffi/allocator.ts";
export { logToSystem } from "../../ffi/system_log.ts";
