import { decodeBlob, MAX_CHUNK_PLAIN_BYTES, parseBlobHeader } from "../blob/mod.ts";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { type ChunkChecker, createNativeChunkChecker, type ReadBlob } from "../datastore/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { keyFingerprintOf, type Manifest } from "../manifest/mod.ts";

/** A chunk as index and manifest describe it. */
export interface WantedChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** Length of the plain bytes. */
  readonly size: number;
  /** Whether the archive is encrypted. */
  readonly encrypted: boolean;
  /** Whether the key at hand is the one it was encrypted with. */
  readonly hasKey: boolean;
}

/**
 * Checks chunks as far as that can be done: plain ones, and encrypted ones whose key is at hand,
 * completely; other encrypted ones by their CRC. Many calls may be pending.
 */
export class ChunkCheck implements Disposable {
  readonly #checker: ChunkChecker = createNativeChunkChecker();
  readonly #decoder: ChunkDecoder | undefined;
  readonly #crypt: CryptConfig | undefined;

  /** @param crypt Absent if there is no key. */
  constructor(crypt: CryptConfig | undefined) {
    this.#crypt = crypt;
    this.#decoder = crypt && new ChunkDecoder({ crypt });
  }

  /** Whether the key at hand is the one that a manifest names. */
  fits(manifest: Manifest): boolean {
    const fingerprint = keyFingerprintOf(manifest);
    return this.#crypt !== undefined && fingerprint !== undefined &&
      bytesEqual(fingerprint, this.#crypt.fingerprint);
  }

  /**
   * Checks one chunk.
   *
   * @returns `otherwise`: it is sound, but encrypted where the archive is not, or the other way round.
   * @throws {CorruptDataError} if it is damaged, and what `read` throws.
   */
  async check(chunk: WantedChunk, read: ReadBlob): Promise<"good" | "otherwise"> {
    const { encrypted, hasKey, digest } = chunk;
    if (encrypted && hasKey && this.#decoder !== undefined) {
      const plain = await this.#decoder.decode(chunk, read);
      plain.release();
      return "good";
    }
    const found = await this.#checker.check(chunk, async (buffer) => {
      let blob = new Uint8Array();
      await read((length) => blob = buffer(length) as Uint8Array<ArrayBuffer>);
      // The digest of a plain chunk tells whether it is good, that of an encrypted one does not.
      if (encrypted && !parseBlobHeader(blob, `chunk ${encodeHex(digest)}`).encrypted) {
        throw new OtherMode();
      }
    }).catch((error) => {
      if (error instanceof OtherMode) return { encrypted: false };
      throw error;
    });
    return found.encrypted === encrypted ? "good" : "otherwise";
  }

  /** Checks a chunk that came from elsewhere. @throws {CorruptDataError} if it is not good. */
  async checkBlob(chunk: WantedChunk, blob: Uint8Array): Promise<void> {
    const name = `chunk ${encodeHex(chunk.digest)}`;
    const { encrypted } = parseBlobHeader(blob, name);
    if (encrypted !== chunk.encrypted) {
      throw new CorruptDataError(`${name} is ${encrypted ? "" : "not "}encrypted there`);
    }
    const verdict = await this.check(chunk, (buffer) => {
      buffer(blob.byteLength).set(blob);
      return Promise.resolve();
    });
    if (verdict !== "good") throw new CorruptDataError(`${name} is protected otherwise there`);
  }

  /** Gives the threads back. */
  [Symbol.dispose](): void {
    this.#checker[Symbol.dispose]();
    this.#decoder?.[Symbol.dispose]();
  }
}

/** Ends the check of a chunk that is not encrypted where it should be. */
class OtherMode extends CorruptDataError {}

/**
 * Whether a plain chunk, whatever length an index gives it, has the content of its digest: then the
 * index is wrong.
 *
 * @param read Puts the blob into memory.
 */
export async function hasContentOfDigest(digest: Uint8Array, read: ReadBlob): Promise<boolean> {
  try {
    let blob = new Uint8Array();
    await read((length) => blob = new Uint8Array(length));
    await decodeBlob(blob, { maxSizeBytes: MAX_CHUNK_PLAIN_BYTES, expectedDigest: digest });
    return true;
  } catch {
    return false;
  }
}
