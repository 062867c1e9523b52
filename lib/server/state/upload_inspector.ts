import {
  decodeBlob,
  MAX_CHUNK_PLAIN_BYTES,
  parseBlobHeader,
  writeBlobCrc,
} from "../../blob/mod.ts";
import { ChunkDecoder } from "../../chunking/mod.ts";
import { CorruptDataError } from "../../errors/mod.ts";
import type { NewChunk } from "../../repository/mod.ts";

/** Bytes that blob and plain chunk may take inside the decoder, for each of its threads. */
const DECODER_MEMORY_BYTES = 8.5 * 1024 * 1024;
const MAX_THREADS = 8;

/**
 * Looks at uploaded chunks before they are stored (spec: protocol.md §5.5): an unencrypted one must
 * have the digest and the length it was announced with; the CRC is written anew where it is wrong.
 */
export class UploadInspector implements Disposable {
  readonly #decoder: ChunkDecoder | undefined;

  private constructor(decoder: ChunkDecoder | undefined) {
    this.#decoder = decoder;
  }

  /** One with the native core's threads, or a slower one without. */
  static create(): UploadInspector {
    try {
      const workers = Math.min(navigator.hardwareConcurrency, MAX_THREADS);
      const memoryBudgetBytes = workers * DECODER_MEMORY_BYTES;
      return new UploadInspector(new ChunkDecoder({ workers, memoryBudgetBytes }));
    } catch {
      return new UploadInspector(undefined);
    }
  }

  /** Whether chunks are looked at by native threads. */
  get isNative(): boolean {
    return this.#decoder !== undefined;
  }

  /**
   * Checks a chunk.
   *
   * @returns The blob to store: the same memory, with the right CRC.
   * @throws {CorruptDataError} if the content is not what was announced.
   */
  async inspect(chunk: NewChunk): Promise<Uint8Array> {
    const { blob } = chunk;
    if (parseBlobHeader(blob, "uploaded chunk").encrypted) {
      writeBlobCrc(blob);
      return blob;
    }
    try {
      await this.#decode(chunk);
    } catch (error) {
      // A client need not know the CRC; only if that was all that is wrong, it is put right.
      if (!(error instanceof CorruptDataError)) throw error;
      const { crc } = parseBlobHeader(blob);
      if (writeBlobCrc(blob).crc === crc) throw error;
      await this.#decode(chunk);
    }
    return blob;
  }

  async #decode({ digest, size, blob }: NewChunk): Promise<void> {
    if (this.#decoder === undefined) {
      await decodeBlob(blob, {
        maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
        expectedDigest: digest,
        expectedSizeBytes: size,
      });
      return;
    }
    const plain = await this.#decoder.decode({ digest, size, encrypted: false }, (buffer) => {
      buffer(blob.byteLength).set(blob);
      return Promise.resolve();
    });
    plain.release();
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    this.#decoder?.[Symbol.dispose]();
  }
}
