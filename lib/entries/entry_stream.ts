import { bytesEqual, compareBytes, quotePath } from "../bytes/mod.ts";
import { Turns } from "../chunking/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { EXCLUDE_CLI_FILE_NAME } from "../fs/mod.ts";
import type { CryptMode, SnapshotSource } from "../repository/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { PxarDecoder, type PxarEntry } from "../pxar/mod.ts";
import type { ChunkCache } from "../reading/mod.ts";

const EXCLUDE_CLI_NAME = new TextEncoder().encode(EXCLUDE_CLI_FILE_NAME);

/** The chunks of a stream, and where they are read from. */
export interface StreamChunks {
  readonly index: ChunkIndex;
  readonly source: SnapshotSource;
  readonly cache: ChunkCache;
  readonly cryptMode: CryptMode;
}

/** The next thing in an archive: an entry, the end of the innermost directory, or nothing more. */
export type Ahead = PxarEntry | "leave" | "finished";

/**
 * The entries of an archive in its order, without contents: chunks that hold only those are never
 * fetched. One chunk is held, or two where all are needed.
 */
export class EntryStream {
  readonly #decoder = new PxarDecoder();
  readonly #turns = new Turns();
  readonly #chunks: StreamChunks;
  /** Whether no contents lie between the entries. */
  readonly #readsAll: boolean;
  /** The chunk that is fed next, and its bytes if they were asked for ahead of need. */
  #next = 0;
  #coming: Promise<Uint8Array> | undefined;
  /** The chunk at hand and the next one, in turns: memory for each would pile up. */
  readonly #buffers: [Uint8Array, Uint8Array] = [new Uint8Array(), new Uint8Array()];
  #ahead: Ahead | undefined;
  /** The names that were last met in each directory that is open. */
  readonly #names: Uint8Array[] = [];
  #excludeFile: PxarEntry | undefined;

  /** @param isMetadata Whether it is the metadata stream of a split archive. */
  constructor(chunks: StreamChunks, isMetadata: boolean) {
    this.#chunks = chunks;
    this.#readsAll = isMetadata;
  }

  /** The next thing; undefined if more has to be read first: {@linkcode fill}. */
  get ahead(): Ahead | undefined {
    return this.#ahead;
  }

  /**
   * The list of patterns that a backup with `--exclude` adds to an archive of version 1, behind all
   * other entries of the root (spec: pxar.md §5.3.5); not among those that come. Known at the end.
   */
  get excludeFile(): PxarEntry | undefined {
    return this.#excludeFile;
  }

  /** Goes past what comes next. */
  take(): void {
    this.#ahead = undefined;
    this.#step();
  }

  /** Reads until it is known what comes next. @throws {CorruptDataError} if that is damaged. */
  async fill(): Promise<void> {
    while (this.#ahead === undefined) {
      await this.#turns.give();
      await this.#feed();
      this.#step();
    }
  }

  /** Waits for what was asked for ahead of need: nothing may be under way when the cache closes. */
  async settle(): Promise<void> {
    await this.#coming?.catch(() => {});
  }

  #step(): void {
    switch (this.#decoder.next()) {
      case "entry":
        this.#decoder.skipContent();
        this.#entry(this.#decoder.entry);
        break;
      case "leave":
        this.#ahead = "leave";
        break;
      case "finished":
        this.#ahead = "finished";
        break;
      case "need-input":
        break;
      case "data":
        throw new Error("content was not left out");
    }
  }

  #entry(entry: PxarEntry): void {
    const { depth, name } = entry;
    if (depth === 1 && this.#excludeFile === undefined && bytesEqual(name, EXCLUDE_CLI_NAME)) {
      this.#excludeFile = entry;
      this.#step();
      return;
    }
    const last = this.#names[depth];
    if (last !== undefined && compareBytes(last, name) >= 0) {
      throw new CorruptDataError(
        `archive: entry ${quotePath(name)} at ${entry.position} is not in the order of names`,
      );
    }
    this.#names[depth] = name;
    this.#names.length = depth + 1;
    this.#ahead = entry;
  }

  async #feed(): Promise<void> {
    await this.#skip();
    const { index } = this.#chunks;
    if (this.#next >= index.chunkCount) {
      this.#decoder.end();
      return;
    }
    const bytes = await (this.#coming ?? this.#read(this.#next));
    this.#next++;
    this.#coming = undefined;
    if (this.#readsAll && this.#next < index.chunkCount) {
      this.#coming = this.#read(this.#next);
      this.#coming.catch(() => {});
    }
    this.#decoder.feed(bytes);
  }

  /** Leaves out chunks of which nothing is wanted. */
  async #skip(): Promise<void> {
    const decoder = this.#decoder;
    if (decoder.contentLeft === 0) return;
    const { index } = this.#chunks;
    const wanted = decoder.position + decoder.contentLeft;
    const chunk = wanted >= index.size ? index.chunkCount : index.findChunk(wanted)!;
    if (chunk <= this.#next) return;
    const start = chunk === index.chunkCount ? index.size : index.startOf(chunk);
    decoder.skipInput(start - decoder.position);
    this.#next = chunk;
    // Its buffer may be needed again.
    await this.#coming?.catch(() => {});
    this.#coming = undefined;
  }

  /** A copy: the decoder may need it for longer than the cache keeps it. */
  async #read(chunk: number): Promise<Uint8Array> {
    const { index, cache, source, cryptMode } = this.#chunks;
    const size = index.endOf(chunk) - index.startOf(chunk);
    return await cache.withChunk(
      { digest: index.digestAt(chunk), size, encrypted: cryptMode === "encrypt" },
      (bytes) => {
        const turn = this.#readsAll ? chunk & 1 : 0;
        if (this.#buffers[turn]!.byteLength < size) this.#buffers[turn] = new Uint8Array(size);
        this.#buffers[turn]!.set(bytes);
        return this.#buffers[turn]!.subarray(0, size);
      },
      source,
    );
  }
}
