// Sizes and rules that decide where streams are cut (spec: datastore-formats.md §3).

/** Length of the rolling hash's window in bytes. */
export const WINDOW_LENGTH = 64;

/** Average chunk size of archives, unless chosen otherwise. */
export const DEFAULT_AVERAGE_BYTES = 4 * 1024 * 1024;
/** Average chunk size of the catalog. */
export const CATALOG_AVERAGE_BYTES = 512 * 1024;

/** Bytes that are read from a file in one go into a payload stream. */
export const PAYLOAD_READ_BYTES = 4 * 1024 * 1024;
/** Size of the buffer that smaller writes into a payload stream are collected in. */
export const PAYLOAD_BUFFER_BYTES = 256 * 1024;

/** Sizes that follow from an average chunk size. */
export interface CutSizes {
  readonly min: number;
  readonly max: number;
  /** Bits of the hash that are looked at. */
  readonly mask: number;
  /** A cut is where they are at least this. */
  readonly limit: number;
}

/** @param averageSizeBytes A power of two. */
export function cutSizes(averageSizeBytes: number): CutSizes {
  const mask = 2 * averageSizeBytes - 1;
  return { min: averageSizeBytes / 4, max: averageSizeBytes * 4, mask, limit: mask - 2 };
}
