import { encodeHex } from "../bytes/mod.ts";
import {
  ChunkDecoder,
  type ChunkKeys,
  type ExpectedChunk,
  type PlainChunk,
} from "../chunking/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { loadChunk } from "./_load_chunk.ts";

/** Decoded chunks that are kept when nobody uses them, bytes. */
const DEFAULT_KEPT_BYTES = 32 * 1024 * 1024;
/** Room for chunks that are being read, beside those kept: two of the largest with their blobs. */
const READING_BYTES = 72 * 1024 * 1024;

interface KeptChunk {
  readonly source: SnapshotSource;
  readonly size: number;
  readonly loading: Promise<PlainChunk>;
  /** Calls that look at it or wait for it; only an unused chunk may go. */
  users: number;
}

/**
 * Decoded and verified chunks of one snapshot, or of several with the same key, fetched once however
 * many ask at the same time.
 */
export class ChunkCache implements Disposable {
  readonly #source: SnapshotSource | undefined;
  readonly #decoder: ChunkDecoder;
  readonly #keptBytes: number;
  /** By digest, the one used last at the end. */
  readonly #chunks = new Map<string, KeptChunk>();
  #heldBytes = 0;
  #closed = false;

  /**
   * @param source Where chunks are read from; stays the caller's. Absent if each call names its own.
   * @param crypt Absent if there is no key.
   * @param keptBytes Plain bytes that stay when nobody uses them; 32 MiB if absent.
   * @param readingBytes Room for what is being read, beside that; at least 33 MiB, for one of the
   *   largest chunks with its blob.
   */
  constructor(
    source: SnapshotSource | undefined,
    crypt?: ChunkKeys,
    keptBytes: number = DEFAULT_KEPT_BYTES,
    readingBytes: number = READING_BYTES,
  ) {
    this.#source = source;
    this.#keptBytes = keptBytes;
    const memoryBudgetBytes = keptBytes + readingBytes;
    this.#decoder = new ChunkDecoder({
      memoryBudgetBytes,
      ...(crypt === undefined ? {} : { crypt }),
    });
  }

  /**
   * Hands out a chunk's plain bytes for the time of one call, or until what it returns has settled.
   *
   * @param use Must not keep the bytes; they lie in native memory.
   * @param source Where to read it from if it is not kept: another snapshot with the same key.
   * @throws {NotFoundError} if the store has no such chunk, {CorruptDataError} if it is damaged,
   *   {KeyError} if it is encrypted and there is no key.
   */
  async withChunk<T>(
    expected: ExpectedChunk,
    use: (bytes: Uint8Array) => T | Promise<T>,
    source: SnapshotSource | undefined = this.#source,
  ): Promise<T> {
    const key = keyOf(expected);
    const chunk = this.#chunks.get(key) ?? this.#load(expected, source);
    // Behind all others: it is the one used last.
    this.#chunks.delete(key);
    this.#chunks.set(key, chunk);
    chunk.users++;
    try {
      return await use((await chunk.loading).bytes);
    } catch (error) {
      // What failed is tried again by the next call.
      if (await failed(chunk.loading)) {
        if (this.#chunks.get(key) === chunk) this.#forget(key, chunk);
        // Another snapshot's connection may have been closed meanwhile; that says nothing about ours.
        if (source !== undefined && chunk.source !== source) {
          return await this.withChunk(expected, use, source);
        }
      }
      throw error;
    } finally {
      chunk.users--;
      this.#makeRoom(0);
    }
  }

  /** Fetches a chunk that is likely to be asked for soon; that it fails is told to who asks for it. */
  fetch(expected: ExpectedChunk, source: SnapshotSource | undefined = this.#source): void {
    const key = keyOf(expected);
    if (this.#chunks.has(key)) return;
    const chunk = this.#load(expected, source);
    this.#chunks.set(key, chunk);
    chunk.users++;
    chunk.loading.then(() => {}, () => {
      if (this.#chunks.get(key) === chunk) this.#forget(key, chunk);
    }).then(() => {
      chunk.users--;
      this.#makeRoom(0);
    });
  }

  /** Gives all memory back; nothing may be under way. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#makeRoom(0);
    this.#decoder[Symbol.dispose]();
  }

  #load(expected: ExpectedChunk, source: SnapshotSource | undefined): KeptChunk {
    if (source === undefined) throw new TypeError("nobody says where to read the chunk from");
    this.#makeRoom(expected.size);
    this.#heldBytes += expected.size;
    const loading = loadChunk(expected, source, this.#decoder);
    return { source, size: expected.size, loading, users: 0 };
  }

  /** Lets go of what was not used for the longest time, until `bytes` more can be kept. */
  #makeRoom(bytes: number): void {
    const limit = this.#closed ? 0 : Math.max(0, this.#keptBytes - bytes);
    for (const [key, chunk] of this.#chunks) {
      if (this.#heldBytes <= limit) return;
      if (chunk.users > 0) continue;
      this.#forget(key, chunk);
      chunk.loading.then((plain) => plain.release(), () => {});
    }
  }

  #forget(key: string, { size }: KeptChunk): void {
    this.#chunks.delete(key);
    this.#heldBytes -= size;
  }
}

function keyOf({ digest, encrypted, size }: ExpectedChunk): string {
  return `${encodeHex(digest)}${encrypted ? "e" : ""}.${size}`;
}

async function failed(loading: Promise<unknown>): Promise<boolean> {
  return await loading.then(() => false, () => true);
}
