import { crc32 } from "node:zlib";
import { CorruptDataError } from "../errors/mod.ts";
import { type BlobHeader, parseBlobHeader } from "./blob_header.ts";
import { BLOB_CRC_OFFSET } from "./format.ts";

/**
 * Compares a blob's CRC-32 with its payload. Finds bit rot, proves nothing
 * (spec: datastore-formats.md §1.4).
 *
 * @param blob The whole blob.
 * @param name What the messages call it.
 * @returns Its header.
 * @throws {CorruptDataError} if the header or the CRC is wrong.
 */
export function checkBlobCrc(blob: Uint8Array, name = "blob"): BlobHeader {
  const header = parseBlobHeader(blob, name);
  if (crc32(header.payload) !== header.crc) {
    throw new CorruptDataError(`${name} is damaged: its CRC does not match`);
  }
  return header;
}

/**
 * Writes the right CRC-32 into a blob in place. A server does so with every uploaded chunk, because
 * a client may send 0 there.
 *
 * @throws {CorruptDataError} if the header is wrong.
 */
export function writeBlobCrc(blob: Uint8Array, name = "blob"): BlobHeader {
  const header = parseBlobHeader(blob, name);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const crc = crc32(header.payload);
  view.setUint32(BLOB_CRC_OFFSET, crc, true);
  return { ...header, crc };
}
