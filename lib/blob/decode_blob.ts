import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { openSealedBytes } from "../crypto/mod.ts";
import { CorruptDataError, KeyError } from "../errors/mod.ts";
import { checkBlobCrc } from "./blob_crc.ts";
import { chunkDigest } from "./chunk_digest.ts";
import { decompressZstd } from "./zstd.ts";

/** How to decode a blob, and what to compare. A crypt config spread into it gives both keys. */
export interface DecodeBlobOptions {
  /** More plain bytes than this are refused: 16 MiB for chunks, 128 MiB for other blobs. */
  readonly maxSizeBytes: number;
  /** 32 bytes, needed for an encrypted blob and ignored for others. */
  readonly encryptionKey?: Uint8Array | undefined;
  /** 32 bytes, needed to compare the digest of an encrypted chunk. */
  readonly idKey?: Uint8Array | undefined;
  /** Digest of the chunk that this blob has to be; absent for blobs that are not chunks. */
  readonly expectedDigest?: Uint8Array | undefined;
  /** Number of plain bytes that must come out. */
  readonly expectedSizeBytes?: number | undefined;
  /** Whether the blob must be encrypted (true) or must not be (false). */
  readonly expectEncrypted?: boolean | undefined;
  /** Its name in messages. */
  readonly name?: string | undefined;
}

/**
 * Checks and decodes a DataBlob (spec: datastore-formats.md §1.10): CRC, tag, then decompression
 * within the limit, then digest and size if they are given.
 *
 * @returns The plain bytes; for a plain blob a view into it.
 * @throws {CorruptDataError} if any check fails.
 * @throws {KeyError} if the blob is encrypted and there is no key.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeBlob } from "./encode_blob.ts";
 * const blob = await encodeBlob(new Uint8Array([1, 2]), { compress: false });
 * assertEquals(await decodeBlob(blob, { maxSizeBytes: 100 }), new Uint8Array([1, 2]));
 * ```
 */
export async function decodeBlob(
  blob: Uint8Array,
  options: DecodeBlobOptions,
): Promise<Uint8Array> {
  const name = options.name ??
    (options.expectedDigest ? `chunk ${encodeHex(options.expectedDigest)}` : "blob");
  const header = checkBlobCrc(blob, name);
  if (options.expectEncrypted !== undefined && options.expectEncrypted !== header.encrypted) {
    throw new CorruptDataError(
      `${name} is ${header.encrypted ? "" : "not "}encrypted, against what the manifest says`,
    );
  }
  let data = header.payload;
  if (header.encrypted) {
    if (options.encryptionKey === undefined) {
      throw new KeyError(`${name} is encrypted and no key was given`, {
        situation: { kind: "no-key" },
      });
    }
    data = await openSealedBytes(
      options.encryptionKey,
      { iv: header.iv, tag: header.tag, ciphertext: header.payload },
      name,
    );
  }
  if (header.compressed) data = decompressZstd(data, options.maxSizeBytes, name);
  if (data.byteLength > options.maxSizeBytes) {
    throw new CorruptDataError(`${name} is larger than ${options.maxSizeBytes} bytes`);
  }
  checkContent(data, header.encrypted, options, name);
  return data;
}

function checkContent(
  data: Uint8Array,
  encrypted: boolean,
  options: DecodeBlobOptions,
  name: string,
): void {
  if (options.expectedDigest !== undefined) {
    if (encrypted && options.idKey === undefined) {
      throw new TypeError("the digest of an encrypted chunk cannot be compared without an id key");
    }
    const digest = chunkDigest(data, encrypted ? options.idKey : undefined);
    if (!bytesEqual(digest, options.expectedDigest)) {
      throw new CorruptDataError(`${name} is damaged: its content has another digest`);
    }
  }
  const expectedSize = options.expectedSizeBytes;
  if (expectedSize !== undefined && expectedSize !== data.byteLength) {
    throw new CorruptDataError(
      `${name} has ${data.byteLength} plain bytes instead of ${expectedSize}`,
    );
  }
}
