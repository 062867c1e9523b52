import { chunkDigest } from "../blob/mod.ts";
import { bytesEqual } from "../bytes/mod.ts";
import type { FixedIndex } from "../index/mod.ts";
import type { ChunkCache } from "../reading/mod.ts";

/** Runs of reads that are followed at a time: as many readers are read ahead for. */
const MAX_RUNS = 16;
/** How far from the end of a run a read may begin: the kernel reads ahead in several requests. */
const NEAR_BYTES = 1024 * 1024;
/** Bytes after which a run is worth reading ahead for: two requests of the kernel's read-ahead. */
const RUN_BYTES = 256 * 1024;
/** Bytes that are fetched ahead of a run. */
const AHEAD_BYTES = 8 * 1024 * 1024;
/** Chunks that are fetched ahead at a time, of all runs together. */
const MAX_AHEAD_CHUNKS = 8;

/** Reads that followed one another. */
interface Run {
  end: number;
  bytes: number;
  /** The first chunk that was not asked for ahead. */
  nextChunk: number;
}

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
  /** The one used last at the end. */
  readonly #runs: Run[] = [];
  #aheadChunks = 0;

  /** @param cache Where chunks come from; stays the caller's. */
  constructor(index: FixedIndex, cache: ChunkCache, { encrypted, idKey }: ImageStorage) {
    this.#index = index;
    this.#cache = cache;
    this.#encrypted = encrypted;
    this.#zeroDigest = chunkDigest(
      new Uint8Array(Math.min(index.chunkSize, index.size)),
      encrypted ? idKey : undefined,
    );
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
    if (bytes.byteLength === 0) return bytes;
    this.#readAhead(offset, bytes.byteLength);
    for (let done = 0; done < bytes.byteLength;) {
      const chunk = this.#index.findChunk(offset + done)!;
      const from = offset + done - this.#index.startOf(chunk);
      const count = Math.min(this.#sizeOf(chunk) - from, bytes.byteLength - done);
      if (!this.#isZero(chunk)) {
        await this.#withChunk(chunk, (plain) => {
          bytes.set(plain.subarray(from, from + count), done);
        });
      }
      done += count;
    }
    return bytes;
  }

  #sizeOf(chunk: number): number {
    return this.#index.endOf(chunk) - this.#index.startOf(chunk);
  }

  /** The last chunk may be shorter, and zeros of another length have another digest. */
  #isZero(chunk: number): boolean {
    return bytesEqual(this.#index.digestAt(chunk), this.#zeroDigest);
  }

  async #withChunk(chunk: number, use: (plain: Uint8Array) => void): Promise<void> {
    await this.#cache.withChunk(
      {
        digest: this.#index.digestAt(chunk),
        size: this.#sizeOf(chunk),
        encrypted: this.#encrypted,
      },
      use,
    );
  }

  /** Asks for chunks that a run will come to. */
  #readAhead(offset: number, length: number): void {
    const run = this.#runAt(offset, length);
    if (run.bytes < RUN_BYTES) return;
    const last = this.#index.findChunk(Math.min(run.end + AHEAD_BYTES, this.size) - 1)!;
    run.nextChunk = Math.max(run.nextChunk, this.#index.findChunk(run.end - 1)! + 1);
    while (run.nextChunk <= last && this.#aheadChunks < MAX_AHEAD_CHUNKS) {
      const chunk = run.nextChunk++;
      if (!this.#isZero(chunk)) this.#fetch(chunk);
    }
  }

  async #fetch(chunk: number): Promise<void> {
    this.#aheadChunks++;
    try {
      await this.#withChunk(chunk, () => {});
    } catch {
      // Who reads it hears of it.
    } finally {
      this.#aheadChunks--;
    }
  }

  /** The run that a read goes on with, or a new one in the place of the one used longest ago. */
  #runAt(offset: number, length: number): Run {
    const at = this.#runs.findLastIndex(({ end }) =>
      offset > end - NEAR_BYTES && offset <= end + NEAR_BYTES
    );
    const run = at < 0 ? { end: offset, bytes: 0, nextChunk: 0 } : this.#runs.splice(at, 1)[0]!;
    const end = Math.max(run.end, offset + length);
    run.bytes += end - run.end;
    run.end = end;
    this.#runs.push(run);
    if (this.#runs.length > MAX_RUNS) this.#runs.shift();
    return run;
  }
}
