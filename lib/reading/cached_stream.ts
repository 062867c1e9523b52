import { Turns } from "../chunking/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import type { ChunkCache } from "./chunk_cache.ts";

/** The stream of an index, read at any place through a {@linkcode ChunkCache}. */
export class CachedStream implements RandomAccess {
  readonly #index: ChunkIndex;
  readonly #cache: ChunkCache;
  readonly #encrypted: boolean;
  readonly #source: SnapshotSource | undefined;
  readonly #turns = new Turns();

  /**
   * @param encrypted Whether the manifest says that the chunks are encrypted.
   * @param source Where they are read from; that of the cache if absent.
   */
  constructor(
    index: ChunkIndex,
    cache: ChunkCache,
    encrypted: boolean,
    source?: SnapshotSource,
  ) {
    this.#index = index;
    this.#cache = cache;
    this.#encrypted = encrypted;
    this.#source = source;
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
      const [start, end] = [this.#index.startOf(chunk), this.#index.endOf(chunk)];
      const digest = this.#index.digestAt(chunk);
      const from = offset + done - start;
      done += await this.#cache.withChunk(
        { digest, size: end - start, encrypted: this.#encrypted },
        (plain) => {
          const part = plain.subarray(from, from + length - done);
          bytes.set(part, done);
          return part.length;
        },
        this.#source,
      );
    }
    return bytes;
  }
}
