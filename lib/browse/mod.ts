/**
 * Browse: looking inside an archive of a snapshot without restoring it.
 *
 * An *archive reader* finds entries by path, through symbolic links where that is wanted, and reads
 * contents at any place.
 *
 * @module
 */

export { ArchiveReader, type ArchiveReaderOptions } from "./archive_reader.ts";
export type { FoundEntry } from "./_follow_path.ts";
