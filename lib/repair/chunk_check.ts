import { checkBlobCrc, decodeBlob, MAX_CHUNK_PLAIN_BYTES, parseBlobHeader } from "../blob/mod.ts";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { type ChunkChecker, createNativeChunkChecker, type ReadBlob } from "../datastore/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { keyFingerprintOf, type Manifest } from "../manifest/mod.ts";
import { DamagedChunkError } from "../reading/mod.ts";

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
 * Verdict on a stored chunk. `otherwise`: it is sound, but encrypted where the archive is not, or the other
 * way round; `wrong length`: it has the content of its digest, and the index gives it another length;
 * `forged`: it says that it is encrypted, its CRC is right, and its content is not that of its digest.
 */
export type ChunkVerdict = "good" | "damaged" | "otherwise" | "wrong length" | "forged";

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
   * Checks one chunk where it is stored.
   *
   * @returns `damaged` is of no use to anybody; all others but `good` only to this archive.
   * @throws what `read` throws, unless that says that the chunk is damaged.
   */
  async check(chunk: WantedChunk, read: ReadBlob): Promise<ChunkVerdict> {
    const { encrypted, hasKey } = chunk;
    if (encrypted && hasKey && this.#crypt !== undefined) {
      return await this.#checkWithKey(chunk, read, this.#crypt);
    }
    const found = await this.#checkWithoutKey(chunk, read);
    if (found === undefined) {
      // Either the index is wrong, or a backup has stored the chunk in this moment.
      if (encrypted || !await hasContentOfDigest(chunk.digest, read)) return "damaged";
      const again = await this.#checkWithoutKey(chunk, read);
      if (again === undefined) return "wrong length";
      return again.encrypted === encrypted ? "good" : "otherwise";
    }
    return found.encrypted === encrypted ? "good" : "otherwise";
  }

  /** @returns undefined if the chunk is damaged. */
  async #checkWithoutKey(
    chunk: WantedChunk,
    read: ReadBlob,
  ): Promise<{ encrypted: boolean } | undefined> {
    try {
      return await this.#checker.check(chunk, async (buffer) => {
        let blob = new Uint8Array();
        await read((length) => blob = buffer(length) as Uint8Array<ArrayBuffer>);
        // The digest of a plain chunk tells whether it is good, that of an encrypted one does not.
        if (chunk.encrypted && !checkBlobCrc(blob).encrypted) throw new OtherMode();
      });
    } catch (error) {
      if (error instanceof OtherMode) return { encrypted: false };
      if (!DamagedChunkError.isCause(error)) throw error;
      return undefined;
    }
  }

  /**
   * Check with the key at hand. What has a right CRC may be the good chunk of somebody else, which this
   * archive names by mistake or malice: it is not called damaged.
   */
  async #checkWithKey(
    chunk: WantedChunk,
    read: ReadBlob,
    crypt: CryptConfig,
  ): Promise<ChunkVerdict> {
    let blob = new Uint8Array();
    try {
      await read((length) => blob = new Uint8Array(length));
      if (!checkBlobCrc(blob).encrypted) return "otherwise";
    } catch (error) {
      if (!DamagedChunkError.isCause(error)) throw error;
      return "damaged";
    }
    try {
      const plain = await this.#decoder!.decode(chunk, (buffer) => {
        buffer(blob.byteLength).set(blob);
        return Promise.resolve();
      });
      plain.release();
      return "good";
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      const give: ReadBlob = (buffer) => {
        buffer(blob.byteLength).set(blob);
        return Promise.resolve();
      };
      return await hasContentOfDigest(chunk.digest, give, crypt) ? "wrong length" : "forged";
    }
  }

  /**
   * Reads a chunk from elsewhere, and checks it.
   *
   * @returns The encoded chunk.
   * @throws {CorruptDataError} if it is not good.
   */
  async take(chunk: WantedChunk, read: ReadBlob): Promise<Uint8Array> {
    let blob = new Uint8Array();
    await read((length) => blob = new Uint8Array(length));
    await this.#checkBlob(chunk, blob);
    return blob;
  }

  async #checkBlob(chunk: WantedChunk, blob: Uint8Array): Promise<void> {
    const name = `chunk ${encodeHex(chunk.digest)}`;
    const { encrypted } = parseBlobHeader(blob, name);
    if (encrypted !== chunk.encrypted) {
      throw new CorruptDataError(`${name} is ${encrypted ? "" : "not "}encrypted there`);
    }
    const verdict = await this.check(chunk, (buffer) => {
      buffer(blob.byteLength).set(blob);
      return Promise.resolve();
    });
    if (verdict !== "good") throw new CorruptDataError(`${name} is damaged there, or another one`);
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
 * Whether a chunk, whatever length an index gives it, has the content of its digest: then the index is
 * wrong.
 *
 * @param read Puts the blob into memory.
 * @param crypt The key of an encrypted one.
 */
async function hasContentOfDigest(
  digest: Uint8Array,
  read: ReadBlob,
  crypt?: CryptConfig,
): Promise<boolean> {
  try {
    let blob = new Uint8Array();
    await read((length) => blob = new Uint8Array(length));
    await decodeBlob(blob, {
      maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
      expectedDigest: digest,
      encryptionKey: crypt?.encryptionKey,
      idKey: crypt?.idKey,
    });
    return true;
  } catch {
    return false;
  }
}
