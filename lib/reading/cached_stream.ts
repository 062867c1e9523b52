import { type ExpectedChunk, Turns } from "../chunking/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { ReadAhead } from "./read_ahead.ts";

/** Bytes that are fetched ahead of a reader, if it is more than one chunk. */
const MAX_AHEAD_BYTES = 12 * 1024 * 1024;

/** How a {@linkcode CachedStream} reads. */
export interface CachedStreamOptions {
  /** Source of the chunks; that of the cache if absent. */
  readonly source?: SnapshotSource;
  /** Whether chunks are fetched before somebody who reads front to back comes to them. */
  readonly readsAhead?: boolean;
}

/** The stream of an index, read at any place through a {@linkcode ChunkCache}. */
export class CachedStream implements RandomAccess {
  readonly #index: ChunkIndex;
  readonly #cache: ChunkCache;
  readonly #encrypted: boolean;
  readonly #source: SnapshotSource | undefined;
  readonly #ahead: ReadAhead | undefined;
  readonly #turns = new Turns();

  /**
   * @param encrypted Whether the manifest says that the chunks are encrypted.
   * @param options Where chunks are read from, and whether ahead of those who read on.
   */
  constructor(
    index: ChunkIndex,
    cache: ChunkCache,
    encrypted: boolean,
    { source, readsAhead = false }: CachedStreamOptions = {},
  ) {
    this.#index = index;
    this.#cache = cache;
    this.#encrypted = encrypted;
    this.#source = source;
    this.#ahead = readsAhead ? new ReadAhead() : undefined;
  }

  /** See {@linkcode RandomAccess.size}. */
  get size(): number {
    return this.#index.size;
  }

  /**
   * See {@linkcode RandomAccess.read}. Calls may overlap.
   *
   * @throws {CorruptDataError} if the range lies outside the stream or a chunk of it is damaged.
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || offset + length > this.size) {
      throw new CorruptDataError(
        `${this.#index.name}: bytes ${offset} to ${offset + length} lie outside its ${this.size}`,
      );
    }
    await this.#turns.give();
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const chunk = this.#index.findChunk(offset + done)!;
      const start = this.#index.startOf(chunk);
      const from = offset + done - start;
      const loaded = this.#cache.withChunk(
        this.#expected(chunk),
        (plain) => {
          const part = plain.subarray(from, from + length - done);
          bytes.set(part, done);
          return part.length;
        },
        this.#source,
      );
      this.#fetchAhead(chunk);
      done += await loaded;
    }
    return bytes;
  }

  #fetchAhead(chunk: number): void {
    const last = chunk + (this.#ahead?.follow(chunk) ?? 0);
    let bytes = 0;
    for (let next = chunk + 1; next <= last && next < this.#index.chunkCount; next++) {
      const expected = this.#expected(next);
      bytes += expected.size;
      if (next > chunk + 1 && bytes > MAX_AHEAD_BYTES) return;
      this.#cache.fetch(expected, this.#source);
    }
  }

  #expected(chunk: number): ExpectedChunk {
    return {
      digest: this.#index.digestAt(chunk),
      size: this.#index.endOf(chunk) - this.#index.startOf(chunk),
      encrypted: this.#encrypted,
    };
  }
}
