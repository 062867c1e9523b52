// Index files (spec: datastore-formats.md §2).

/** First eight bytes of a dynamic index, in hex. */
export const DYNAMIC_INDEX_MAGIC = "1c914ea519bab3cd";
/** First eight bytes of a fixed index, in hex. */
export const FIXED_INDEX_MAGIC = "2f7f41ed91fd0fcd";

/** Entries start here, whatever the header holds. */
export const INDEX_HEADER_LENGTH = 4096;

/** Offsets of the header fields. */
export const INDEX_UUID_OFFSET = 8;
/** Seconds since the epoch, signed 64 bit. */
export const INDEX_CTIME_OFFSET = 24;
/** The checksum, 32 bytes. */
export const INDEX_CHECKSUM_OFFSET = 32;
/** Fixed index: size of the image. */
export const FIXED_SIZE_OFFSET = 64;
/** Fixed index: size of a chunk. */
export const FIXED_CHUNK_SIZE_OFFSET = 72;

/** Length of a digest, and so of a fixed index's entry. */
export const DIGEST_LENGTH = 32;
/** Length of the end offset in a dynamic index's entry. */
export const END_OFFSET_LENGTH = 8;
/** Length of a dynamic index's entry. */
export const DYNAMIC_ENTRY_LENGTH = END_OFFSET_LENGTH + DIGEST_LENGTH;

/** Chunk size of every fixed index that a server creates. */
export const FIXED_CHUNK_SIZE = 4 * 1024 * 1024;

/** Most slots of a fixed index that is being built: 64 TiB of 4 MiB chunks, 512 MiB of digests. */
export const MAX_FIXED_SLOTS = 2 ** 24;
