import { type ChunkDecoder, type PlainChunk, Turns } from "../chunking/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { DamagedChunkError } from "./damaged_chunk_error.ts";
import { loadChunk } from "./_load_chunk.ts";

/** Reads the stream of an index at any place; keeps the chunk it read last. */
export class ChunkAccess implements RandomAccess, Disposable {
  readonly #source: SnapshotSource;
  readonly #index: ChunkIndex;
  readonly #decoder: ChunkDecoder;
  readonly #encrypted: boolean;
  readonly #turns = new Turns();
  #position = -1;
  #chunk: PlainChunk | undefined;

  /** @param encrypted Whether the manifest says that the chunks are encrypted. */
  constructor(
    source: SnapshotSource,
    index: ChunkIndex,
    decoder: ChunkDecoder,
    encrypted: boolean,
  ) {
    this.#source = source;
    this.#index = index;
    this.#decoder = decoder;
    this.#encrypted = encrypted;
  }

  get size(): number {
    return this.#index.size;
  }

  /** Calls must not overlap. @throws {DamagedChunkError} if a chunk is missing or damaged. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    await this.#turns.give();
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = offset + done;
      const position = this.#index.findChunk(at);
      if (position === undefined) throw new RangeError(`nothing lies at ${at}`);
      const chunk = await this.#load(position);
      const start = at - this.#index.startOf(position);
      const part = chunk.bytes.subarray(start, start + length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /** Gives the chunk back. */
  [Symbol.dispose](): void {
    this.#chunk?.release();
    this.#chunk = undefined;
    this.#position = -1;
  }

  async #load(position: number): Promise<PlainChunk> {
    if (this.#chunk !== undefined && this.#position === position) return this.#chunk;
    this[Symbol.dispose]();
    const index = this.#index;
    const digest = index.digestAt(position);
    const [start, end] = [index.startOf(position), index.endOf(position)];
    try {
      this.#chunk = await loadChunk(
        { digest, size: end - start, encrypted: this.#encrypted },
        this.#source,
        this.#decoder,
      );
    } catch (error) {
      if (!DamagedChunkError.isCause(error)) throw error;
      throw new DamagedChunkError(index.name, start, end, error);
    }
    this.#position = position;
    return this.#chunk;
  }
}
