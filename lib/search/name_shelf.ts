import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { bytesEqual, concatBytes, encodeHex } from "../bytes/mod.ts";
import { type CryptConfig, sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  decodeNameBlock,
  encodeNameBlock,
  MAX_BLOCK_BYTES,
  type NameBlock,
  type NumbersBefore,
} from "./_name_block.ts";

const MAGIC = new TextEncoder().encode("PBSNAME1");
const CHECKSUM_BYTES = 32;
/** Checksum of the archive's index, root, lengths on disk and of the plain block. */
const HEAD_BYTES = CHECKSUM_BYTES + 12;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A block that belongs to no archive: one whose reading has failed. */
const NO_ARCHIVE = new Uint8Array(CHECKSUM_BYTES);
/** Files that would become larger are begun anew. */
export const MAX_SHELF_BYTES: number = 64 * 1024 * 1024;

interface StoredBlock {
  readonly head: Uint8Array;
  readonly payload: Uint8Array;
  readonly plainBytes: number;
}

/**
 * The names of the archives of a group, in blocks that are chained by checksums: a file beside the
 * caches. What it tells of an archive is valid for ever, as the checksum of the archive's index, by which
 * it is found, stands for all that is in it. Names of encrypted archives are encrypted, with a key that
 * is derived from theirs.
 */
export class NameShelf {
  readonly #key: Uint8Array | undefined;
  readonly #blocks: StoredBlock[] = [];
  /** Root listings by the checksum of the index, in hex. */
  readonly #roots = new Map<string, number>();
  #digest: Uint8Array = sha256(MAGIC);
  #byteLength = MAGIC.length;

  /** @param crypt Given if the archives are encrypted. */
  constructor(crypt?: CryptConfig) {
    this.#key = crypt && new Uint8Array(
      hkdfSync("sha256", crypt.encryptionKey, new Uint8Array(), "pbs-client names of archives", 32),
    );
  }

  /**
   * Reads a file.
   *
   * @throws {CorruptDataError} if it is damaged, or made with another key.
   */
  static parse(bytes: Uint8Array, crypt?: CryptConfig): NameShelf {
    const shelf = new NameShelf(crypt);
    if (!bytesEqual(bytes.subarray(0, MAGIC.length), MAGIC)) {
      throw new CorruptDataError("file of names has a wrong beginning");
    }
    for (let at = MAGIC.length; at < bytes.length;) at = shelf.#take(bytes, at);
    return shelf;
  }

  /** The number of the listing of an archive's root; undefined if the archive is not here. */
  rootOf(indexChecksum: Uint8Array): number | undefined {
    return this.#roots.get(encodeHex(indexChecksum));
  }

  /** Bytes of the file. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * All blocks, one after the other.
   *
   * @throws {CorruptDataError} if they do not fit together.
   */
  *blocks(): Generator<NameBlock> {
    const before = { segments: 0, listings: 0 };
    for (const stored of this.#blocks) {
      const block = decodeNameBlock(this.#open(stored), before as NumbersBefore);
      yield block;
      before.segments += block.segments.length;
      before.listings += block.listings.length;
    }
  }

  /**
   * Adds what an archive has brought.
   *
   * @param indexChecksum Of the archive; absent if it could not be read to its end.
   */
  add(block: NameBlock, root: number, indexChecksum?: Uint8Array): void {
    const plain = encodeNameBlock(block);
    const head = new Uint8Array(HEAD_BYTES);
    head.set(indexChecksum ?? NO_ARCHIVE);
    const compressed = new Uint8Array(zstdCompressSync(plain));
    const overhead = this.#key === undefined ? 0 : NONCE_BYTES + TAG_BYTES;
    const numbers = new DataView(head.buffer, CHECKSUM_BYTES);
    numbers.setUint32(0, root, true);
    numbers.setUint32(4, compressed.length + overhead, true);
    numbers.setUint32(8, plain.length, true);
    const payload = this.#key === undefined ? compressed : seal(this.#key, head, compressed);
    this.#append({ head, payload, plainBytes: plain.length });
  }

  /** The file. */
  toBytes(): Uint8Array {
    const parts: Uint8Array[] = [MAGIC];
    let digest = sha256(MAGIC);
    for (const { head, payload } of this.#blocks) {
      digest = sha256(digest, head, payload);
      parts.push(head, digest, payload);
    }
    return concatBytes(parts);
  }

  #take(bytes: Uint8Array, start: number): number {
    const head = bytes.subarray(start, start + HEAD_BYTES);
    const digestEnd = start + HEAD_BYTES + CHECKSUM_BYTES;
    if (digestEnd > bytes.length) throw new CorruptDataError("file of names is cut off");
    const view = new DataView(head.buffer, head.byteOffset + CHECKSUM_BYTES);
    const [length, plainBytes] = [view.getUint32(4, true), view.getUint32(8, true)];
    const payload = bytes.subarray(digestEnd, digestEnd + length);
    this.#append({ head, payload, plainBytes });
    if (!bytesEqual(bytes.subarray(start + HEAD_BYTES, digestEnd), this.#digest)) {
      throw new CorruptDataError("file of names is damaged");
    }
    return digestEnd + length;
  }

  #append(stored: StoredBlock): void {
    this.#digest = sha256(this.#digest, stored.head, stored.payload);
    this.#blocks.push(stored);
    this.#byteLength += HEAD_BYTES + CHECKSUM_BYTES + stored.payload.length;
    const checksum = stored.head.subarray(0, CHECKSUM_BYTES);
    if (bytesEqual(checksum, NO_ARCHIVE)) return;
    const view = new DataView(stored.head.buffer, stored.head.byteOffset + CHECKSUM_BYTES);
    this.#roots.set(encodeHex(checksum), view.getUint32(0, true));
  }

  #open({ head, payload, plainBytes }: StoredBlock): Uint8Array {
    if (plainBytes > MAX_BLOCK_BYTES) throw new CorruptDataError("block of names is too large");
    try {
      const compressed = this.#key === undefined ? payload : unseal(this.#key, head, payload);
      const plain = zstdDecompressSync(compressed, { maxOutputLength: Math.max(plainBytes, 1) });
      if (plain.length !== plainBytes) throw new RangeError("it has another length");
      return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
    } catch (error) {
      throw new CorruptDataError(`block of names cannot be read: ${(error as Error).message}`);
    }
  }
}

function seal(key: Uint8Array, head: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(head);
  return new Uint8Array(
    Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
  );
}

function unseal(key: Uint8Array, head: Uint8Array, sealed: Uint8Array): Uint8Array {
  const end = sealed.length - TAG_BYTES;
  if (end < NONCE_BYTES) throw new RangeError("it is cut off");
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(head);
  decipher.setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
}
