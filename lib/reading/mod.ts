/**
 * Reading: the verified contents of a snapshot, for whatever is made of them.
 *
 * A *checked snapshot* compares every file with the manifest before anything of it is used. What lies
 * of an index comes in stream order from a *prefetcher*, which fetches chunks ahead of need, or
 * from any place: through a *chunk cache*, which decodes a chunk once, however many ask for it at the
 * same time, or through a *chunk access*, which keeps one chunk. Which chunks hold nothing but zeros is
 * told by their digests.
 * same time, or through a *chunk access*, which keeps one chunk. A *reconnecting source* outlives the
 * connection to its server.
 *
 * @module
 */

export { CachedStream, type CachedStreamOptions } from "./cached_stream.ts";
export { CheckedSnapshot, type ReadingObserver } from "./checked_snapshot.ts";
export { ChunkAccess } from "./chunk_access.ts";
export { ChunkCache } from "./chunk_cache.ts";
export {
  ChunkPrefetcher,
  METADATA_WINDOW_BYTES,
  type PlacedChunk,
  type PlacedChunks,
} from "./chunk_prefetcher.ts";
export { DamagedChunkError } from "./damaged_chunk_error.ts";
export { ReadAhead } from "./read_ahead.ts";
export { ZeroChunks, type ZeroStretch } from "./zero_chunks.ts";
export { ReconnectingSource, type ReconnectingSourceOptions } from "./reconnecting_source.ts";
