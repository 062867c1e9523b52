/** Bytes of a digest. */
export const DIGEST_LENGTH = 32;
/** The same in words of 32 bits. */
export const DIGEST_WORDS = 8;
/** Hex digits of a digest in a key. */
export const DIGEST_DIGITS = 64;
/** Hex digits that name the folder of a chunk. */
export const FOLDER_DIGITS = 4;
/** Hex digits that tell the partition of a digest. */
export const PARTITION_DIGITS = 3;
/** Partitions of a run. */
export const PARTITION_COUNT = 16 ** PARTITION_DIGITS;

/** The partition of a digest, from its first four bytes as a little-endian word. */
export function partitionOf(word: number): number {
  return (word & 0xff) << 4 | word >>> 12 & 0xf;
}
