/**
 * Browse: looking inside an archive of a snapshot without restoring it.
 *
 * An *archive reader* finds entries by path and reads contents at any place.
 *
 * @module
 */

export { ArchiveReader, type ArchiveReaderOptions } from "./archive_reader.ts";
