/**
 * Mount: archives of snapshots as file systems.
 *
 * An *opened archive* has all that is needed to read it for a long time: a connection that is made
 * again when it is lost, verified indexes, a cache of chunks. An *archive file system* shows the
 * entries of a file archive with all their metadata; it is mounted by a session of `fuse`. A *repository
 * file system* shows all archives of a repository: those in use are open, few at a time, from a *pool*,
 * and each has a *part* of the numbers of nodes, as long as the kernel knows one of them.
 *
 * @module
 */

export { ArchiveFileSystem, type ArchiveMemory } from "./archive_file_system.ts";
export { type OpenArchiveOptions, OpenedArchive } from "./opened_archive.ts";
export {
  RepositoryFileSystem,
  type RepositoryFileSystemOptions,
  type RepositoryLimits,
} from "./repository_file_system.ts";
export type { NodeOwner } from "./_repository_attributes.ts";
