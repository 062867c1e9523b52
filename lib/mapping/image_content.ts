import { chunkDigest } from "../blob/mod.ts";
import { bytesEqual } from "../bytes/mod.ts";
import type { ExpectedChunk } from "../chunking/mod.ts";
import type { FixedIndex } from "../index/mod.ts";
import { type ChunkCache, ReadAhead } from "../reading/mod.ts";

/** How the chunks of an image are stored. */
export interface ImageStorage {
  /** Whether the manifest says that they are encrypted. */
  readonly encrypted: boolean;
  /** Key of the digests, if they are. */
  readonly idKey?: Uint8Array | undefined;
}

/**
 * The bytes of an image, read at any place by several at a time. Chunks of zeros are told by their
 * digest and not fetched; for who reads on and on, chunks are fetched ahead.
 */
export class ImageContent {
  readonly #index: FixedIndex;
  readonly #cache: ChunkCache;
  readonly #encrypted: boolean;
  readonly #zeroDigest: Uint8Array;
  readonly #ahead = new ReadAhead();

  /** @param cache Where chunks come from; stays the caller's. */
  constructor(index: FixedIndex, cache: ChunkCache, { encrypted, idKey }: ImageStorage) {
    this.#index = index;
    this.#cache = cache;
    this.#encrypted = encrypted;
    const zeros = new Uint8Array(Math.min(index.chunkSize, index.size));
    this.#zeroDigest = chunkDigest(zeros, encrypted ? idKey : undefined);
  }

  /** Bytes of the whole. */
  get size(): number {
    return this.#index.size;
  }

  /**
   * Bytes at a place: as many as asked for, fewer only at the end.
   *
   * @throws {CorruptDataError} if a chunk of them is damaged, {NotFoundError} if it is missing.
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    for (const chunk of this.chunksWithin(offset, bytes.byteLength)) {
      await this.withChunk(chunk, (plain, start) => {
        const from = Math.max(0, offset - start);
        const at = Math.max(0, start - offset);
        bytes.set(plain.subarray(from, from + bytes.byteLength - at), at);
      });
    }
    return bytes;
  }

  /** Numbers of the chunks that lie in a part of the image and are not all zeros. */
  chunksWithin(offset: number, length: number): number[] {
    const end = Math.min(offset + length, this.size);
    const first = this.#index.findChunk(offset);
    if (first === undefined || end <= offset) return [];
    const count = this.#index.findChunk(end - 1)! + 1 - first;
    const chunks = Array.from({ length: count }, (_, position) => first + position);
    return chunks.filter((chunk) => !this.#isZero(chunk));
  }

  /**
   * Hands out a chunk's bytes for the time of a call.
   *
   * @param use Gets them and the offset of the first; must not keep them.
   */
  async withChunk(
    chunk: number,
    use: (plain: Uint8Array, start: number) => void | Promise<void>,
  ): Promise<void> {
    const loaded = this.#cache.withChunk(
      this.#expected(chunk),
      (plain) => use(plain, this.#index.startOf(chunk)),
    );
    this.#fetchAhead(chunk);
    await loaded;
  }

  #fetchAhead(chunk: number): void {
    const last = chunk + this.#ahead.follow(chunk);
    for (let next = chunk + 1; next <= last && next < this.#index.chunkCount; next++) {
      if (!this.#isZero(next)) this.#cache.fetch(this.#expected(next));
    }
  }

  #expected(chunk: number): ExpectedChunk {
    return {
      digest: this.#index.digestAt(chunk),
      size: this.#index.endOf(chunk) - this.#index.startOf(chunk),
      encrypted: this.#encrypted,
    };
  }

  /** The last chunk may be shorter, and zeros of another length have another digest. */
  #isZero(chunk: number): boolean {
    return bytesEqual(this.#index.digestAt(chunk), this.#zeroDigest);
  }
}
