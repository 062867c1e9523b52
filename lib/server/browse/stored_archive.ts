import { decodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../../blob/mod.ts";
import { Turns } from "../../chunking/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";
import { CorruptDataError } from "../../errors/mod.ts";
import type { ChunkIndex } from "../../index/mod.ts";
import type { RandomAccess } from "../../pxar/mod.ts";
import { type ConnectionAnswers, type HeldBytes, releaseMemory } from "../memory/mod.ts";

/** Decoded chunks that are kept beside the one that is being read. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** A decoded chunk and what it is counted as. */
interface KeptChunk {
  readonly plain: Uint8Array;
  readonly held: HeldBytes;
}

/**
 * An archive of a datastore that is read here and there; every chunk is checked. Chunks are large, so
 * their memory is given back immediately and not when the collector finds it.
 */
export class StoredArchive implements RandomAccess, Disposable {
  /** Of its stream. */
  readonly index: ChunkIndex;
  readonly #datastore: Datastore;
  /** By number, the one used last at the end. */
  readonly #kept = new Map<number, Promise<KeptChunk>>();
  /** Reads that are under way: what they look at must not go. */
  #reading = 0;
  readonly #signal: AbortSignal;
  readonly #turns = new Turns();
  readonly #answers: ConnectionAnswers;

  /**
   * @param index Of an archive that is not encrypted.
   * @param answers Where decoded chunks are counted.
   * @param signal Ends all reading, and the wait for memory.
   */
  constructor(
    datastore: Datastore,
    index: ChunkIndex,
    answers: ConnectionAnswers,
    signal: AbortSignal,
  ) {
    this.#datastore = datastore;
    this.index = index;
    this.#answers = answers;
    this.#signal = signal;
  }

  /** See {@linkcode RandomAccess.size}. */
  get size(): number {
    return this.index.size;
  }

  /** See {@linkcode RandomAccess.read}. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    await this.#turns.give();
    const bytes = new Uint8Array(length);
    this.#reading++;
    try {
      await this.#readInto(bytes, offset);
    } finally {
      this.#reading--;
    }
    return bytes;
  }

  /** Gives all memory back; nothing may be read any more. */
  [Symbol.dispose](): void {
    for (const chunk of this.#kept.keys()) this.#drop(chunk);
  }

  async #readInto(bytes: Uint8Array, offset: number): Promise<void> {
    const { length } = bytes;
    for (let done = 0; done < length;) {
      const chunk = this.index.findChunk(offset + done);
      if (chunk === undefined) {
        throw new CorruptDataError(`archive: ${offset + length} is beyond its ${this.size} bytes`);
      }
      const start = this.index.startOf(chunk);
      const { plain } = await this.#chunk(chunk);
      const part = plain.subarray(offset + done - start, offset + length - start);
      bytes.set(part, done);
      done += part.length;
    }
  }

  #chunk(number: number): Promise<KeptChunk> {
    const kept = this.#kept.get(number) ?? this.#load(number);
    this.#kept.delete(number);
    this.#kept.set(number, kept);
    const sizeOf = (chunk: number) => this.index.endOf(chunk) - this.index.startOf(chunk);
    let size = [...this.#kept.keys()].reduce((sum, chunk) => sum + sizeOf(chunk), 0);
    for (const chunk of [...this.#kept.keys()]) {
      if (size <= KEPT_BYTES || chunk === number) break;
      this.#drop(chunk);
      size -= sizeOf(chunk);
    }
    return kept;
  }

  #drop(chunk: number): void {
    const kept = this.#kept.get(chunk);
    this.#kept.delete(chunk);
    // With others under way the collector has to find it.
    const collectedLater = this.#reading > 1;
    kept?.then(({ plain, held }) => {
      held[Symbol.dispose]();
      if (!collectedLater) releaseMemory(plain);
    }, () => {});
  }

  async #load(chunk: number): Promise<KeptChunk> {
    const sizeBytes = this.index.endOf(chunk) - this.index.startOf(chunk);
    // Who waits for memory must not hold any that others wait for.
    if (!this.#answers.hasRoom(2 * sizeBytes)) this[Symbol.dispose]();
    const held = await this.#answers.hold(2 * sizeBytes, this.#signal);
    try {
      const plain = await this.#decode(chunk);
      held.resize(sizeBytes);
      return { plain, held };
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
  }

  async #decode(chunk: number): Promise<Uint8Array> {
    const digest = this.index.digestAt(chunk);
    let blob = new Uint8Array(0);
    await this.#datastore.chunks.read(digest, (length) => blob = new Uint8Array(length));
    const plain = await decodeBlob(blob, {
      maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
      expectedDigest: digest,
      expectedSizeBytes: this.index.endOf(chunk) - this.index.startOf(chunk),
      expectEncrypted: false,
    });
    if (plain.buffer !== blob.buffer) releaseMemory(blob);
    return plain;
  }
}
