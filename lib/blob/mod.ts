/**
 * Blob: the container of chunks and of the small files of a snapshot.
 *
 * A *blob* (DataBlob) is a header and a payload. It has one of four *types*: plain, zstd, encrypted,
 * or zstd and then encrypted. The header holds a *magic* that names the type, a *CRC-32* of the
 * payload and, if encrypted, *IV* and *tag*. *Plain bytes* are what comes out of decoding. A *chunk*
 * is a blob that is named by a *digest* of its plain bytes. What is stored is what is sent, byte for
 * byte (spec: datastore-formats.md §1).
 *
 * @module
 */

export { type BlobHeader, type BlobType, parseBlobHeader } from "./blob_header.ts";
export { checkBlobCrc, writeBlobCrc } from "./blob_crc.ts";
export { chunkDigest } from "./chunk_digest.ts";
export { decodeBlob, type DecodeBlobOptions } from "./decode_blob.ts";
export { encodeBlob, type EncodeBlobOptions } from "./encode_blob.ts";
export {
  BLOB_MAGICS,
  ENCRYPTED_HEADER_LENGTH,
  MAX_BLOB_PLAIN_BYTES,
  MAX_CHUNK_PLAIN_BYTES,
  MAX_ENCODED_CHUNK_BYTES,
  PLAIN_HEADER_LENGTH,
} from "./format.ts";
export { statedPlainSize } from "./zstd.ts";
