import { encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  BLOB_CRC_OFFSET,
  BLOB_IV_OFFSET,
  BLOB_MAGIC_LENGTH,
  BLOB_MAGICS,
  BLOB_TAG_OFFSET,
  ENCRYPTED_HEADER_LENGTH,
  PLAIN_HEADER_LENGTH,
} from "./format.ts";

/** Which of the four types a blob has. */
export type BlobType = keyof typeof BLOB_MAGICS;

/** Header of a blob, in front of its payload. */
export interface BlobHeader {
  readonly type: BlobType;
  readonly compressed: boolean;
  readonly encrypted: boolean;
  /** CRC-32 as stored; not yet compared. */
  readonly crc: number;
  /** Bytes in front of the payload: 12, or 44 if encrypted. */
  readonly headerLength: number;
  /** View of the 16 bytes in an encrypted blob, else empty. */
  readonly iv: Uint8Array;
  /** View of the 16 bytes in an encrypted blob, else empty. */
  readonly tag: Uint8Array;
  /** View of everything after the header. */
  readonly payload: Uint8Array;
}

const TYPES: ReadonlyMap<string, BlobType> = new Map(
  Object.entries(BLOB_MAGICS).map(([type, magic]) => [magic, type as BlobType]),
);

/**
 * Reads a blob's header; the CRC is not checked (spec: datastore-formats.md §1.3).
 *
 * @param blob The whole blob.
 * @param name What the messages call it.
 * @throws {CorruptDataError} if it is too short or has no known magic.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeHex } from "../bytes/mod.ts";
 * assertEquals(parseBlobHeader(decodeHex("42ab3807be8370a100000000")).type, "plain");
 * ```
 */
export function parseBlobHeader(blob: Uint8Array, name = "blob"): BlobHeader {
  if (blob.byteLength < PLAIN_HEADER_LENGTH) {
    throw new CorruptDataError(`${name} is too small for a blob: ${blob.byteLength} bytes`);
  }
  const magic = encodeHex(blob.subarray(0, BLOB_MAGIC_LENGTH));
  const type = TYPES.get(magic);
  if (type === undefined) {
    throw new CorruptDataError(`${name} is not a blob: unknown magic number "${magic}"`);
  }
  const encrypted = type === "encrypted" || type === "zstd+encrypted";
  if (encrypted && blob.byteLength < ENCRYPTED_HEADER_LENGTH) {
    throw new CorruptDataError(
      `${name} is too small for an encrypted blob: ${blob.byteLength} bytes`,
    );
  }
  const headerLength = encrypted ? ENCRYPTED_HEADER_LENGTH : PLAIN_HEADER_LENGTH;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  return {
    type,
    compressed: type === "zstd" || type === "zstd+encrypted",
    encrypted,
    crc: view.getUint32(BLOB_CRC_OFFSET, true),
    headerLength,
    iv: encrypted ? blob.subarray(BLOB_IV_OFFSET, BLOB_TAG_OFFSET) : blob.subarray(0, 0),
    tag: encrypted ? blob.subarray(BLOB_TAG_OFFSET, ENCRYPTED_HEADER_LENGTH) : blob.subarray(0, 0),
    payload: blob.subarray(headerLength),
  };
}
