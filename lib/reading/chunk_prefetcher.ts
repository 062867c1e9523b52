import { encodeHex } from "../bytes/mod.ts";
import { type ChunkDecoder, type PlainChunk, Turns } from "../chunking/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { DamagedChunkError } from "./damaged_chunk_error.ts";
import { loadChunk } from "./_load_chunk.ts";

/** Requests kept under way (spec: client-pipeline.md §10.2 row 7: 8 to 32). */
const WINDOW_CHUNKS = 16;
/**
 * Plain bytes of distinct chunks that are under way or in use: enough for 1 Gbit/s over 200 ms. The
 * decoder's memory has room for this and, twice its size, for the largest chunk of another archive.
 */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** The same for metadata, so that it cannot take the memory that contents need meanwhile. */
export const METADATA_WINDOW_BYTES: number = 16 * 1024 * 1024;

/** A decoded chunk that several positions of the window may share. */
interface SharedChunk {
  readonly decoded: Promise<PlainChunk>;
  readonly size: number;
  users: number;
}

/** A decoded chunk at its place in the archive's stream. */
export interface PlacedChunk {
  /** Offset of its first byte in the stream. */
  readonly offset: number;
  readonly chunk: PlainChunk;
  /** Whether it is the same memory as the chunk before it. */
  readonly repeated: boolean;
  /** Gives the memory back; to be called exactly once. */
  release(): void;
}

/** An archive's stream, piece by piece, front to back. */
export interface PlacedChunks {
  /** Offset in the stream after the last piece that was handed out or left out. */
  readonly position: number;
  /** The next piece, or undefined after the last. */
  next(): Promise<PlacedChunk | undefined>;
  /** Leaves out all pieces that end at or before an offset; going back is not possible. */
  skipTo(offset: number): void;
  /** Most of it will be left out: reading far ahead is not worth it. */
  narrow(): void;
}

/**
 * Fetches the chunks of an index ahead of need, decodes and verifies them, and hands them out in
 * stream order. A digest that repeats within the window (zeros, mostly) is fetched once.
 *
 * @example
 * ```ts ignore
 * using chunks = new ChunkPrefetcher(source, index, decoder, false, range);
 * for (let next = await chunks.next(); next; next = await chunks.next()) {
 *   use(next.chunk.bytes);
 *   next.release();
 * }
 * ```
 */
export class ChunkPrefetcher implements PlacedChunks, Disposable {
  readonly #source: SnapshotSource;
  readonly #index: ChunkIndex;
  readonly #decoder: ChunkDecoder;
  readonly #encrypted: boolean;
  readonly #windowBytes: number;
  readonly #window: { position: number; key: string; shared: SharedChunk }[] = [];
  readonly #shared = new Map<string, SharedChunk>();
  readonly #turns = new Turns();
  #nextToStart = 0;
  /** Chunks that are fetched ahead: all the window allows, unless the reader leaves some out. */
  #ahead = WINDOW_CHUNKS;
  #bytes = 0;
  #lastKey = "";
  #closed = false;
  #wakeProducer: (() => void) | undefined;

  /**
   * @param source Where blobs come from; must have read the index before.
   * @param index The archive's verified index.
   * @param decoder Shared by all archives of a run.
   * @param encrypted Whether the manifest says that the archive's chunks are encrypted.
   * @param windowBytes Plain bytes under way or in use.
   */
  constructor(
    source: SnapshotSource,
    index: ChunkIndex,
    decoder: ChunkDecoder,
    encrypted: boolean,
    windowBytes: number = WINDOW_BYTES,
  ) {
    this.#source = source;
    this.#index = index;
    this.#decoder = decoder;
    this.#encrypted = encrypted;
    this.#windowBytes = windowBytes;
  }

  /**
   * The next chunk in stream order, or undefined after the last.
   *
   * @throws {DamagedChunkError} if it does not verify or is missing; the next call is for the chunk
   *   after it.
   */
  async next(): Promise<PlacedChunk | undefined> {
    await this.#turns.give();
    this.#fill();
    this.#ahead = Math.min(2 * this.#ahead, WINDOW_CHUNKS);
    while (this.#window.length === 0 && this.#nextToStart < this.#index.chunkCount) {
      await new Promise<void>((resolve) => this.#wakeProducer = resolve);
      this.#fill();
    }
    const first = this.#window.shift();
    if (first === undefined) return undefined;
    const { position, key, shared } = first;
    let chunk: PlainChunk;
    try {
      chunk = await shared.decoded;
    } catch (error) {
      this.#drop(key, shared);
      if (!DamagedChunkError.isCause(error)) throw error;
      const index = this.#index;
      throw new DamagedChunkError(
        index.name,
        index.startOf(position),
        index.endOf(position),
        error,
      );
    }
    const repeated = key === this.#lastKey;
    this.#lastKey = key;
    let released = false;
    return {
      offset: this.#index.startOf(position),
      chunk,
      repeated,
      release: () => {
        if (released) return;
        released = true;
        this.#drop(key, shared);
        if (this.#ahead === WINDOW_CHUNKS) this.#fill();
      },
    };
  }

  /** Offset in the stream after the last chunk that was handed out or left out. */
  get position(): number {
    const next = this.#window[0]?.position ?? this.#nextToStart;
    return next >= this.#index.chunkCount ? this.#index.size : this.#index.startOf(next);
  }

  /**
   * Fetches nothing ahead until chunks are asked for one after the other again: twice as many with
   * each of them. For readers that will leave out most.
   */
  narrow(): void {
    this.#ahead = 1;
  }

  /**
   * Leaves out all chunks that end at or before an offset; going back is not possible. Where some are
   * left out, others may be next: see {@linkcode narrow}.
   */
  skipTo(offset: number): void {
    const first = this.#index.findChunk(offset) ?? this.#index.chunkCount;
    if (first > (this.#window[0]?.position ?? this.#nextToStart)) this.narrow();
    while (this.#window.length > 0 && this.#window[0]!.position < first) {
      const { key, shared } = this.#window.shift()!;
      this.#drop(key, shared);
    }
    this.#nextToStart = Math.max(this.#nextToStart, first);
  }

  /** Gives up what was fetched and not handed out. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { key, shared } of this.#window.splice(0)) this.#drop(key, shared);
    this.#wakeProducer?.();
  }

  #fill(): void {
    while (
      !this.#closed && this.#nextToStart < this.#index.chunkCount &&
      this.#window.length < this.#ahead
    ) {
      const position = this.#nextToStart;
      const digest = this.#index.digestAt(position);
      const size = this.#index.endOf(position) - this.#index.startOf(position);
      const key = `${encodeHex(digest)}/${size}`;
      let shared = this.#shared.get(key);
      if (shared === undefined) {
        if (this.#bytes > 0 && this.#bytes + size > this.#windowBytes) return;
        const chunk = { digest, size, encrypted: this.#encrypted };
        const decoded = loadChunk(chunk, this.#source, this.#decoder);
        decoded.catch(() => {});
        shared = { decoded, size, users: 0 };
        this.#shared.set(key, shared);
        this.#bytes += size;
      }
      shared.users++;
      this.#window.push({ position, key, shared });
      this.#nextToStart++;
      this.#wakeProducer?.();
      this.#wakeProducer = undefined;
    }
  }

  #drop(key: string, shared: SharedChunk): void {
    if (--shared.users > 0) return;
    this.#shared.delete(key);
    this.#bytes -= shared.size;
    shared.decoded.then((chunk) => chunk.release(), () => {});
    if (this.#wakeProducer !== undefined) {
      const wake = this.#wakeProducer;
      this.#wakeProducer = undefined;
      wake();
    }
  }
}
