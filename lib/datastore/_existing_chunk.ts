import { crc32 } from "node:zlib";
import { Errno } from "../../ffi/errno.ts";
import {
  closeFile,
  type FileStat,
  openFileLater,
  OpenFlag,
  readLater,
} from "../../ffi/posix_files.ts";
import {
  type BlobHeader,
  decodeBlob,
  ENCRYPTED_HEADER_LENGTH,
  MAX_CHUNK_PLAIN_BYTES,
  MAX_ENCODED_CHUNK_BYTES,
  parseBlobHeader,
} from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { ConflictError, CorruptDataError, SystemError } from "../errors/mod.ts";
import { checkResult } from "./_system_failure.ts";
import { MIN_ENCODED_CHUNK_BYTES } from "./format.ts";

/** Bytes that are read and checked at a time. */
const PIECE_BYTES = 1 << 20;

/** A file that lies under the digest of a chunk that is to be stored. */
export interface ExistingChunk {
  readonly path: Uint8Array<ArrayBuffer>;
  /** Descriptor of the folder that `path` is relative to. */
  readonly directory: number;
  /** A regular file's. */
  readonly stat: FileStat;
}

/** Looks at files that lie under the digests of chunks that are to be stored. */
export class ExistingChunks {
  /** Pieces of memory that checks have given back, for the next ones. */
  readonly #freePieces: Uint8Array<ArrayBuffer>[] = [];

  /**
   * Decides whether a file may stay in place of a chunk that is at hand: only if it is proven good
   * (docs/internals/datastore.md "Chunks"). A plain chunk's digest was checked before it was stored,
   * so its type and its CRC prove it; nobody can check the digest of an encrypted one, which therefore
   * never stands in for plain data.
   *
   * @param digest 32 bytes.
   * @param blob The encoded chunk; if it is not encrypted, it has the digest for certain.
   * @returns Whether it stays.
   * @throws {ConflictError} if a plain chunk, or an encrypted one of another size, forbids this one.
   */
  async mayKeep(
    existing: ExistingChunk,
    digest: Uint8Array,
    blob: Uint8Array,
  ): Promise<boolean> {
    const { size } = existing.stat;
    const incoming = parseBlobHeader(blob, `chunk ${encodeHex(digest)}`);
    if (size < MIN_ENCODED_CHUNK_BYTES || size > MAX_ENCODED_CHUNK_BYTES) return false;
    const name = `chunk ${encodeHex(digest)}`;
    const fd = await openFileLater(
      existing.path,
      existing.directory,
      OpenFlag.NOFOLLOW | OpenFlag.NONBLOCK,
    );
    if (fd === -Errno.ENOENT) return false;
    checkResult(fd, () => `cannot open stored ${name}`);
    try {
      return await this.#judge(fd, size, incoming, digest, blob);
    } catch (error) {
      // Not a chunk, or on a part of the disk that cannot be read: the one at hand is better.
      if (error instanceof CorruptDataError) return false;
      if (error instanceof SystemError && error.errno === Errno.EIO) return false;
      throw error;
    } finally {
      closeFile(fd);
    }
  }

  async #judge(
    fd: number,
    size: number,
    incoming: BlobHeader,
    digest: Uint8Array,
    blob: Uint8Array,
  ): Promise<boolean> {
    const name = `stored chunk ${encodeHex(digest)}`;
    const start = new Uint8Array(Math.min(size, ENCRYPTED_HEADER_LENGTH));
    if (await read(fd, start, 0, name) !== start.byteLength) return false;
    const stored = parseBlobHeader(start, name);
    if (incoming.encrypted && !stored.encrypted) {
      throw new ConflictError(
        `chunk ${
          encodeHex(digest)
        } is encrypted, but the store has an unencrypted one of that digest`,
      );
    }
    if (!incoming.encrypted) {
      // An encrypted one cannot be the same data, and a larger one is compressed worse.
      if (stored.encrypted || size > blob.byteLength) return false;
      const isSame = size === blob.byteLength && stored.type === incoming.type &&
        stored.crc === incoming.crc;
      // Otherwise it was encoded by another program, which happens seldom: its content has to tell.
      return await (isSame
        ? this.#hasCrc(fd, size, stored, name)
        : hasDigest(fd, size, digest, name));
    }
    if (!await this.#hasCrc(fd, size, stored, name)) return false;
    if (size !== blob.byteLength && !incoming.compressed && !stored.compressed) {
      throw new ConflictError(
        `encrypted chunk ${encodeHex(digest)} has another size than the stored one (${size} bytes)`,
      );
    }
    return true;
  }

  async #hasCrc(
    fd: number,
    size: number,
    { headerLength, crc }: BlobHeader,
    name: string,
  ): Promise<boolean> {
    const piece = this.#freePieces.pop() ?? new Uint8Array(PIECE_BYTES);
    try {
      let found = 0;
      for (let at = headerLength; at < size;) {
        const part = piece.subarray(0, Math.min(size - at, PIECE_BYTES));
        if (await read(fd, part, at, name) !== part.byteLength) return false;
        found = crc32(part, found);
        at += part.byteLength;
      }
      return found === crc;
    } finally {
      this.#freePieces.push(piece);
    }
  }
}

async function hasDigest(
  fd: number,
  size: number,
  digest: Uint8Array,
  name: string,
): Promise<boolean> {
  const whole = new Uint8Array(size);
  if (await read(fd, whole, 0, name) !== size) return false;
  await decodeBlob(whole, {
    maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
    expectedDigest: digest,
    expectEncrypted: false,
  });
  return true;
}

async function read(fd: number, into: Uint8Array, offset: number, name: string): Promise<number> {
  return checkResult(await readLater(fd, into, offset), () => `cannot read ${name}`);
}
