import { checkBlobCrc, ENCRYPTED_HEADER_LENGTH, parseBlobHeader } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { type ChunkChecker, createNativeChunkChecker } from "../datastore/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";

/** A chunk as index and manifest of the source describe it. */
export interface SourceChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Length of the plain bytes. */
  readonly size: number;
  /** Whether the archive is encrypted. */
  readonly encrypted: boolean;
}

/** Checks blobs without a key: unencrypted ones completely, encrypted ones by CRC, form and length. */
export class SoundBlobs implements Disposable {
  readonly #checker: ChunkChecker = createNativeChunkChecker();

  /** @throws {CorruptDataError} if a blob is not that of the chunk. */
  async check(chunk: SourceChunk, blob: Uint8Array): Promise<void> {
    const name = `chunk ${encodeHex(chunk.digest)}`;
    const header = parseBlobHeader(blob, name);
    if (header.encrypted !== chunk.encrypted) {
      throw new CorruptDataError(`${name} is not encrypted the way its archive says`);
    }
    if (!chunk.encrypted) {
      await this.#checker.check(chunk, (buffer) => {
        buffer(blob.byteLength).set(blob);
        return Promise.resolve();
      });
      return;
    }
    checkBlobCrc(blob, name);
    if (!header.compressed && blob.byteLength - ENCRYPTED_HEADER_LENGTH !== chunk.size) {
      throw new CorruptDataError(`${name} has another length than its index says`);
    }
  }

  /** Gives the threads back. */
  [Symbol.dispose](): void {
    this.#checker[Symbol.dispose]();
  }
}
