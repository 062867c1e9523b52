/**
 * Archive files: archives that are plain files, or pipes, instead of being in a snapshot.
 *
 * An *output* is a file that gets its name when it is complete; an *input* is read ahead in *pieces*,
 * front to back, or at any place if it is no pipe. What is made of a directory, and of an archive, is
 * the same as in a backup and a restore, and by the same code.
 *
 * @module
 */

export type { ArchiveStream } from "./archive_stream.ts";
export {
  createArchiveFile,
  type CreateArchiveObserver,
  type CreateArchiveRequest,
} from "./create_archive_file.ts";
export {
  extractArchiveFile,
  type ExtractArchiveObserver,
  type ExtractArchiveRequest,
  type ExtractChoices,
} from "./extract_archive_file.ts";
export { OpenedArchiveFile } from "./opened_archive_file.ts";
export { listArchiveFile, type ListArchiveRequest } from "./list_archive_file.ts";
