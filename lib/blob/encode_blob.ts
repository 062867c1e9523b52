import { crc32 } from "node:zlib";
import { decodeHex } from "../bytes/mod.ts";
import { sealBytes } from "../crypto/mod.ts";
import type { BlobType } from "./blob_header.ts";
import {
  BLOB_CRC_OFFSET,
  BLOB_IV_OFFSET,
  BLOB_MAGICS,
  BLOB_TAG_OFFSET,
  ENCRYPTED_HEADER_LENGTH,
  MAX_BLOB_PLAIN_BYTES,
  PLAIN_HEADER_LENGTH,
} from "./format.ts";
import { compressZstd } from "./zstd.ts";

/** How to encode a blob. */
export interface EncodeBlobOptions {
  /** Whether to try; the compressed form is kept if it is not longer than the data. */
  readonly compress: boolean;
  /** 32 bytes; absent for an unencrypted blob. */
  readonly encryptionKey?: Uint8Array | undefined;
  /** 16 bytes, for tests only; a new random one otherwise. */
  readonly iv?: Uint8Array | undefined;
}

/**
 * Encodes bytes as a DataBlob (spec: datastore-formats.md §1.6). The native core does the same for
 * chunks; this is the form that defines it.
 *
 * @throws {RangeError} if there are more than 128 MiB.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const blob = await encodeBlob(new Uint8Array(1000), { compress: true });
 * assertEquals(blob.length < 100, true);
 * ```
 */
export async function encodeBlob(
  data: Uint8Array,
  options: EncodeBlobOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (data.byteLength > MAX_BLOB_PLAIN_BYTES) {
    throw new RangeError(
      `blob of ${data.byteLength} bytes is larger than ${MAX_BLOB_PLAIN_BYTES} bytes`,
    );
  }
  let body = data;
  let compressed = false;
  if (options.compress && data.byteLength > 0) {
    const frame = compressZstd(data);
    if (frame.byteLength <= data.byteLength) {
      body = frame;
      compressed = true;
    }
  }
  if (options.encryptionKey === undefined) {
    return assemble(compressed ? "zstd" : "plain", PLAIN_HEADER_LENGTH, body);
  }
  const sealed = await sealBytes(options.encryptionKey, body, options.iv);
  const type = compressed ? "zstd+encrypted" : "encrypted";
  const blob = assemble(type, ENCRYPTED_HEADER_LENGTH, sealed.ciphertext);
  blob.set(sealed.iv, BLOB_IV_OFFSET);
  blob.set(sealed.tag, BLOB_TAG_OFFSET);
  return blob;
}

function assemble(type: BlobType, headerLength: number, payload: Uint8Array) {
  const blob = new Uint8Array(headerLength + payload.byteLength);
  blob.set(decodeHex(BLOB_MAGICS[type]), 0);
  new DataView(blob.buffer).setUint32(BLOB_CRC_OFFSET, crc32(payload), true);
  blob.set(payload, headerLength);
  return blob;
}
