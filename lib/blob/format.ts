// The DataBlob container (spec: datastore-formats.md §1).

/** First eight bytes of each of the four types, in hex. */
export const BLOB_MAGICS = {
  plain: "42ab3807be8370a1",
  zstd: "31b958426fb6a37f",
  encrypted: "7b6785be222d4cf0",
  "zstd+encrypted": "e6591bbf0bbfd80b",
} as const;

/** Length of a magic. */
export const BLOB_MAGIC_LENGTH = 8;
/** Offset of the CRC-32 of the payload. */
export const BLOB_CRC_OFFSET = 8;
/** Magic and CRC. */
export const PLAIN_HEADER_LENGTH = 12;
/** Offset of the IV in an encrypted blob. */
export const BLOB_IV_OFFSET = 12;
/** Offset of the tag in an encrypted blob. */
export const BLOB_TAG_OFFSET = 28;
/** Magic, CRC, IV and tag. */
export const ENCRYPTED_HEADER_LENGTH = 44;

/** Plain bytes that one blob may hold. */
export const MAX_BLOB_PLAIN_BYTES = 128 * 1024 * 1024;
/** Plain bytes that one chunk may hold. */
export const MAX_CHUNK_PLAIN_BYTES = 16 * 1024 * 1024;
/** Largest chunk or uploaded blob as stored. */
export const MAX_ENCODED_CHUNK_BYTES = MAX_CHUNK_PLAIN_BYTES + ENCRYPTED_HEADER_LENGTH;

/** Level that everything is compressed with. */
export const ZSTD_LEVEL = 1;
/** A zstd frame's first four bytes, as a little-endian number (RFC 8878 §3.1.1). */
export const ZSTD_FRAME_MAGIC = 0xfd2fb528;
/** The same of skippable frames, whose last four bits are free (RFC 8878 §3.1.2). */
export const ZSTD_SKIPPABLE_MAGIC = 0x184d2a50;
