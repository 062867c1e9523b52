/**
 * Index: the list of chunks that an archive consists of.
 *
 * The archive is a *virtual file*; its *chunks* follow one another without gap. A *dynamic* index
 * (`.didx`) has chunks of any length and stores each one's *end* offset and *digest*; a *fixed* index
 * (`.fidx`, for images) has chunks of one length and stores digests by *slot*. The *checksum* of an
 * index covers its entries; the manifest repeats it. Readers recompute it, the copy in the header is
 * not trusted (spec: datastore-formats.md §2).
 *
 * @module
 */

export type { ChunkIndex, DigestColumn } from "./chunk_index.ts";
export { DynamicIndex, parseDynamicIndex } from "./dynamic_index.ts";
export { DynamicIndexBuilder } from "./dynamic_index_builder.ts";
export { FixedIndex, parseFixedIndex } from "./fixed_index.ts";
export { FixedIndexBuilder, type FixedIndexOptions } from "./fixed_index_builder.ts";
export {
  DIGEST_LENGTH,
  FIXED_CHUNK_SIZE,
  INDEX_CHECKSUM_OFFSET,
  INDEX_HEADER_LENGTH,
} from "./format.ts";
export { IndexChecksum } from "./index_checksum.ts";
export type { IndexOrigin } from "./_header.ts";
