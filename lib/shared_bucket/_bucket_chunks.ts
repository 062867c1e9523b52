import { createHash } from "node:crypto";
import { ENCRYPTED_HEADER_LENGTH, MAX_ENCODED_CHUNK_BYTES } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import {
  type ChunkLook,
  type ChunkStore,
  type InsertedChunk,
  lookAtChunk,
  type SeenChunk,
  type SweptFolder,
} from "../datastore/mod.ts";
import { ConflictError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { ListedObject, ObjectStore } from "../s3/mod.ts";
import type { OpenSession, Writers } from "./_writers.ts";
import type { SharedKeys } from "./_keys.ts";
import { listAll } from "./_state.ts";

/** A blob header and one byte. */
const MIN_ENCODED_CHUNK_BYTES = 13;
/** Numbers of chunks that were set aside under one digest. */
const MAX_SET_ASIDE = 10;

/** Parts that the chunks are made of. */
export interface BucketChunksOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly writers: Writers;
}

/**
 * Chunks as objects, each written only if it is absent. Whoever stores or relies on one takes part in a
 * session.
 */
export class BucketChunks implements ChunkStore {
  /** See {@linkcode ChunkStore.comparesDuplicates}. */
  readonly comparesDuplicates = false;
  /** See {@linkcode ChunkStore.hasCheapLooks}. */
  readonly hasCheapLooks = false;
  readonly #store: ObjectStore;
  readonly #keys: SharedKeys;
  readonly #writers: Writers;
  readonly #inserting = new Map<string, Promise<InsertedChunk>>();

  constructor({ store, keys, writers }: BucketChunksOptions) {
    this.#store = store;
    this.#keys = keys;
    this.#writers = writers;
  }

  /** See {@linkcode ChunkStore.insert}. */
  async insert(digest: Uint8Array, blob: Uint8Array): Promise<InsertedChunk> {
    const name = encodeHex(digest);
    const other = this.#inserting.get(name);
    if (other !== undefined) return { ...await other, duplicate: true };
    const inserting = this.#put(name, digest, blob);
    this.#inserting.set(name, inserting);
    try {
      return await inserting;
    } finally {
      this.#inserting.delete(name);
    }
  }

  async #put(name: string, digest: Uint8Array, blob: Uint8Array): Promise<InsertedChunk> {
    const { candidates } = this.#session();
    if (await candidates.has(digest)) await candidates.rescue([digest]);
    const result = await this.#store.put(this.#keys.chunkOf(name), blob, { ifAbsent: true });
    return { duplicate: result === "exists", storedSize: blob.length };
  }

  /** See {@linkcode ChunkStore.retain}. */
  async retain(index: ChunkIndex): Promise<boolean> {
    const { candidates } = this.#session();
    const doubtful = await candidates.among(digestsOf(index));
    if (doubtful.length === 0 || await candidates.rescue(doubtful)) return true;
    for (const digest of doubtful) if (await this.stat(digest) === undefined) return false;
    return true;
  }

  /** See {@linkcode ChunkStore.read}. */
  async read(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    const key = this.#keys.chunk(digest);
    const found = await this.#store.get(key, (length) => {
      if (length >= MIN_ENCODED_CHUNK_BYTES && length <= MAX_ENCODED_CHUNK_BYTES) {
        return buffer(length);
      }
      throw new CorruptDataError(`chunk ${encodeHex(digest)} has ${length} bytes, no chunk has`);
    });
    if (found !== undefined) return;
    throw new NotFoundError(
      `chunk ${
        encodeHex(digest)
      } is missing: there is no object "${key}" in ${this.#store.displayName}`,
    );
  }

  /** See {@linkcode ChunkStore.readOriginal}. */
  async readOriginal(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    await this.read(digest, buffer);
  }

  /** See {@linkcode ChunkStore.stat}. */
  async stat(digest: Uint8Array): Promise<SeenChunk | undefined> {
    const object = await this.#look(digest);
    if (object === undefined) return undefined;
    const { size, modificationTime } = object;
    return { size, accessTime: modificationTime, inode: inodeOf(object) };
  }

  /** See {@linkcode ChunkStore.isEncrypted}. */
  async isEncrypted(digest: Uint8Array): Promise<boolean> {
    return (await this.look(digest))?.encrypted ?? false;
  }

  /** See {@linkcode ChunkStore.look}. */
  async look(digest: Uint8Array): Promise<ChunkLook | undefined> {
    const found = await this.#store.readStart(this.#keys.chunk(digest), ENCRYPTED_HEADER_LENGTH);
    return found && lookAtChunk(found.bytes, found.size);
  }

  /** See {@linkcode ChunkStore.now}. */
  now(): number {
    return Date.now() / 1000;
  }

  /** See {@linkcode ChunkStore.touch}: what is no candidate stays as long as the session. */
  async touch(digest: Uint8Array): Promise<boolean> {
    const { candidates } = this.#session();
    if (await candidates.has(digest)) await candidates.rescue([digest]);
    return await this.#look(digest) !== undefined;
  }

  /** A collection of shared stores marks in its own way. */
  mark(): boolean {
    throw new TypeError("chunks of a shared bucket are not marked one by one");
  }

  /** See {@linkcode ChunkStore.mark}. */
  touchBad(): number {
    throw new TypeError("chunks of a shared bucket are not marked one by one");
  }

  /** See {@linkcode ChunkStore.setAside}. */
  async setAside(digest: Uint8Array, inode: bigint): Promise<string | undefined> {
    using joined = await this.#writers.join();
    const key = this.#keys.chunk(digest);
    const found = (await listAll(this.#store, key)).map(({ object }) => object);
    const chunk = found.find((object) => object.key === key);
    if (chunk === undefined || inodeOf(chunk) !== inode) return undefined;
    const names = new Set(found.map((object) => object.key));
    for (let number = 0; number < MAX_SET_ASIDE; number++) {
      const name = `${key}.${number}.bad`;
      if (names.has(name)) continue;
      await joined.session.prepareChange();
      await this.#store.copy(key, name);
      await this.#store.remove(key);
      return name.slice(name.lastIndexOf("/") + 1);
    }
    throw new ConflictError(
      `chunk ${encodeHex(digest)} was set aside ${MAX_SET_ASIDE} times already`,
    );
  }

  /** A collection of shared stores lists in its own way. */
  // deno-lint-ignore require-yield
  async *sweep(): AsyncGenerator<SweptFolder> {
    await Promise.reject(new TypeError("chunks of a shared bucket are not swept"));
  }

  [Symbol.dispose](): void {}

  #session(): OpenSession {
    const { current } = this.#writers;
    if (current !== undefined) return current;
    throw new TypeError("a chunk was to be stored without a session");
  }

  async #look(digest: Uint8Array): Promise<ListedObject | undefined> {
    const key = this.#keys.chunk(digest);
    const found = await listAll(this.#store, key);
    return found.map(({ object }) => object).find((object) => object.key === key);
  }
}

function* digestsOf(index: ChunkIndex): Generator<Uint8Array> {
  for (let i = 0; i < index.chunkCount; i++) yield index.digestAt(i);
}

/** A number that is another one when another object lies there. */
function inodeOf({ etag, modificationTime }: ListedObject): bigint {
  const hash = createHash("sha256").update(`${etag} ${modificationTime}`).digest();
  return hash.readBigUInt64LE(0);
}
