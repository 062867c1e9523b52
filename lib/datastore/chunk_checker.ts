import { checkBlobCrc, decodeBlob, MAX_CHUNK_PLAIN_BYTES, parseBlobHeader } from "../blob/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { TaskLog } from "../repository/mod.ts";

/** A chunk as an index describes it. */
export interface CheckedChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Length of the plain bytes. */
  readonly size: number;
}

/** Puts the chunk's blob into memory that `buffer` gives for its length. */
export type ReadBlob = (buffer: (length: number) => Uint8Array) => Promise<void>;

/**
 * Checks chunks without a key: unencrypted ones completely, encrypted ones by their CRC. Many calls
 * may be pending.
 */
export interface ChunkChecker extends Disposable {
  /**
   * @returns Whether the chunk is encrypted.
   * @throws {CorruptDataError} if it is damaged.
   */
  check(chunk: CheckedChunk, read: ReadBlob): Promise<{ encrypted: boolean }>;
}

/** A checker on the native core's threads. @throws {Error} if there is no native core. */
export function createNativeChunkChecker(): ChunkChecker {
  const decoder = new ChunkDecoder();
  return {
    async check(chunk, read) {
      let encrypted = false;
      try {
        const plain = await decoder.decode({ ...chunk, encrypted: false }, async (buffer) => {
          let blob = new Uint8Array();
          await read((length) => blob = buffer(length));
          encrypted = parseBlobHeader(blob).encrypted;
          // Nothing more can be said about it without the key, and that the decoder would ask for.
          if (encrypted) {
            checkBlobCrc(blob);
            throw new EncryptedChunk();
          }
        });
        plain.release();
      } catch (error) {
        if (!(error instanceof EncryptedChunk)) throw error;
      }
      return { encrypted };
    },
    [Symbol.dispose]: () => decoder[Symbol.dispose](),
  };
}

/** The plain form of {@linkcode createNativeChunkChecker}, for where the native core is missing. */
export function createPlainChunkChecker(): ChunkChecker {
  return {
    async check({ digest, size }, read) {
      let blob = new Uint8Array();
      await read((length) => blob = new Uint8Array(length));
      if (checkBlobCrc(blob).encrypted) return { encrypted: true };
      await decodeBlob(blob, {
        maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
        expectedDigest: digest,
        expectedSizeBytes: size,
      });
      return { encrypted: false };
    },
    [Symbol.dispose]() {},
  };
}

/** The native checker, or its slower twin where there is no native core. */
export function createChunkChecker(log: TaskLog): ChunkChecker {
  try {
    return createNativeChunkChecker();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log(`WARN: verifying without the native core, which is slower: ${reason}`, true);
    return createPlainChunkChecker();
  }
}

/** Ends the native check of a chunk that is fine as far as can be told. */
class EncryptedChunk extends CorruptDataError {}
