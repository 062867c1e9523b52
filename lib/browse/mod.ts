/**
 * Browse: looking inside an archive of a snapshot without restoring it.
 *
 * An *archive reader* finds entries by path and reads contents at any place. All archives of a reader
 * share a *chunk cache*: a chunk is fetched and decoded once, however many ask for it at the same
 * time, and stays for a while.
 *
 * @module
 */

export { ArchiveReader, type ArchiveReaderOptions } from "./archive_reader.ts";
export { CachedStream } from "./cached_stream.ts";
export { ChunkCache } from "./chunk_cache.ts";
