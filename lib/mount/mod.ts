/**
 * Mount: archives of snapshots as file systems.
 *
 * An *opened archive* has all that is needed to read it for a long time: a connection that is made
 * again when it is lost, verified indexes, a cache of chunks. An *archive file system* shows the
 * entries of a file archive with all their metadata; it is mounted by a session of `fuse`.
 *
 * @module
 */

export { ArchiveFileSystem } from "./archive_file_system.ts";
export { type OpenArchiveOptions, OpenedArchive } from "./opened_archive.ts";
