import {
  checkBlobCrc,
  ENCRYPTED_HEADER_LENGTH,
  MAX_ENCODED_CHUNK_BYTES,
  parseBlobHeader,
  PLAIN_HEADER_LENGTH,
} from "../blob/mod.ts";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import {
  type ChunkLook,
  type ChunkStore,
  type FileChunkStore,
  type InsertChunk,
  type InsertedChunk,
  lookAtChunk,
  type SeenChunk,
  type SweepLimits,
  type SweptFolder,
} from "../datastore/mod.ts";
import { ConflictError, CorruptDataError, NotFoundError, SystemError } from "../errors/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { CachedChunks, PreparedChunk } from "./_cached_chunks.ts";
import type { CachedContents } from "./_cached_contents.ts";
import type { ChunkLocks } from "./_chunk_locks.ts";
import { ScratchMemory } from "./_scratch_memory.ts";
import { sweepBucket, type SweepParts } from "./_sweep_bucket.ts";
import type { BucketKeys } from "./bucket_keys.ts";

/** Everything that chunks in a bucket are reached through. */
export interface BucketChunkParts {
  readonly objects: ObjectStore;
  readonly keys: BucketKeys;
  /** Chunk files of the cache as those of a datastore in a folder. */
  readonly local: FileChunkStore;
  /** The same files, as what says which chunks are in the bucket. */
  readonly cached: CachedChunks;
  readonly contents: CachedContents;
  readonly locks: ChunkLocks;
}

/**
 * Chunks in a bucket, with a file in the cache for each that is known to be there (spec:
 * s3-datastore.md §4, §5.2, §6). Access times are those of the files: they alone say what was used when.
 */
export class BucketChunkStore implements ChunkStore {
  /** See {@linkcode ChunkStore.comparesDuplicates}: objects that are there are trusted. */
  readonly comparesDuplicates = false;
  /**
   * See {@linkcode ChunkStore.hasCheapLooks}: a look at the cache is cheap, but what is not known there may be in
   * the bucket all the same, as after the cache was made anew.
   */
  readonly hasCheapLooks = false;
  readonly #parts: BucketChunkParts;
  readonly #running = new Set<Promise<unknown>>();
  readonly #scratch = new ScratchMemory();

  /** @param parts Belong to the store from here on, but for the bucket. */
  constructor(parts: BucketChunkParts) {
    this.#parts = parts;
  }

  /** See {@linkcode ChunkStore.insert}. */
  insert(
    digest: Uint8Array,
    blob: Uint8Array,
    options: InsertChunk = {},
  ): Promise<InsertedChunk> {
    return this.#track(this.#insert(digest, blob, options));
  }

  async #insert(
    digest: Uint8Array,
    blob: Uint8Array,
    { noCache = false }: InsertChunk,
  ): Promise<InsertedChunk> {
    const name = encodeHex(digest);
    if (await this.#isDuplicate(digest, name, blob)) return this.#duplicateOf(name, blob);
    const { cached, contents, keys, locks, objects } = this.#parts;
    using _lock = await locks.acquire(name);
    const isKnown = cached.touch(name);
    // Somebody else was faster; what is known and still here is to be replaced.
    if (isKnown && await this.#isDuplicate(digest, name, blob)) {
      return this.#duplicateOf(name, blob);
    }
    // Verification has found the object bad, and may have been interrupted before it was removed.
    const ifAbsent = !isKnown && !this.#parts.cached.hasBad(name);
    const isToKeep = !noCache && contents.hasRoomFor(blob.byteLength);
    const preparing = isToKeep ? this.#prepare(name, blob) : Promise.resolve(undefined);
    const uploading = objects.put(keys.chunk(digest), blob, { ifAbsent });
    // Both read from the caller's memory until they have ended.
    await Promise.allSettled([preparing, uploading]);
    using prepared = await preparing;
    const outcome = await uploading;
    // An object that was there may have another content.
    if (prepared !== undefined && outcome === "stored") this.#commit(name, prepared, blob);
    else cached.placeEmpty(name);
    cached.remove(`${name}.using`);
    return { duplicate: outcome === "exists", storedSize: blob.byteLength };
  }

  #duplicateOf(name: string, blob: Uint8Array): InsertedChunk {
    const { cached, contents } = this.#parts;
    const size = cached.stat(name)?.size ?? 0;
    if (size > 0) contents.use(name, size);
    return { duplicate: true, storedSize: size > 0 ? size : blob.byteLength };
  }

  /**
   * Whether a chunk is known, and marks it as used. Of a marker nothing more can be said; a content that is
   * here must not be that of another kind of chunk.
   */
  async #isDuplicate(digest: Uint8Array, name: string, blob: Uint8Array): Promise<boolean> {
    const { cached, local } = this.#parts;
    if (!cached.touch(name)) return false;
    if ((cached.stat(name)?.size ?? 0) === 0) return cached.touch(name);
    const isEncrypted = await local.isEncrypted(digest);
    const stat = cached.stat(name);
    if (stat === undefined) return false;
    if (stat.size > 0 && isEncrypted !== parseBlobHeader(blob).encrypted) {
      // Nobody can say what an encrypted chunk contains; plain data was checked.
      if (isEncrypted) return false;
      throw new ConflictError(
        `chunk ${name} is encrypted, but the store has an unencrypted one of that digest`,
      );
    }
    return cached.touch(name);
  }

  /** Undefined if the cache has no room, which is not worth failing for. */
  async #prepare(name: string, blob: Uint8Array): Promise<PreparedChunk | undefined> {
    try {
      return await this.#parts.cached.prepare(name, blob);
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  #commit(name: string, prepared: PreparedChunk, blob: Uint8Array): void {
    prepared.commit();
    this.#parts.contents.use(name, blob.byteLength);
    this.#evict();
  }

  /** Leaves only markers of what there is too much of. */
  #evict(): void {
    const { cached, contents, locks } = this.#parts;
    for (const name of contents.takeSurplus()) {
      using lock = locks.tryAcquire(name);
      if (lock === undefined) continue;
      const stat = cached.stat(name);
      if (stat === undefined || stat.size === 0) continue;
      cached.placeEmpty(name);
    }
  }

  /** See {@linkcode ChunkStore.read}. */
  async read(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    if (await this.#readCached(digest, buffer)) return;
    await this.#track(this.#fetch(digest, buffer, true));
  }

  /** See {@linkcode ChunkStore.readOriginal}. A content in the cache that is another one is replaced. */
  async readOriginal(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    await this.#track(this.#fetch(digest, buffer, false));
  }

  /** Reads a content from the cache. @returns Whether it is there and undamaged. */
  async #readCached(
    digest: Uint8Array,
    buffer: (length: number) => Uint8Array,
  ): Promise<boolean> {
    const { cached, contents, local } = this.#parts;
    const name = encodeHex(digest);
    const size = cached.stat(name)?.size ?? 0;
    if (size < PLAIN_HEADER_LENGTH || size > MAX_ENCODED_CHUNK_BYTES) return false;
    // Checked in memory of our own: the caller gives some only once.
    const scratch = this.#scratch.take(size);
    try {
      let length = 0;
      try {
        await local.read(digest, (bytes) => scratch.subarray(0, length = fitting(bytes, size)));
        checkBlobCrc(scratch.subarray(0, length));
      } catch (error) {
        if (error instanceof CorruptDataError || error instanceof NotFoundError) return false;
        // A disk that cannot read it does not keep anybody from having it.
        if (error instanceof SystemError) return false;
        throw error;
      }
      contents.use(name, length);
      this.#evict();
      buffer(length).set(scratch.subarray(0, length));
      return true;
    } finally {
      this.#scratch.giveBack(scratch);
    }
  }

  /**
   * Reads an object.
   *
   * @param keep Whether its content is to be kept in the cache.
   */
  async #fetch(
    digest: Uint8Array,
    buffer: (length: number) => Uint8Array,
    keep: boolean,
  ): Promise<void> {
    const { cached, locks } = this.#parts;
    const name = encodeHex(digest);
    if (cached.stat(name) !== undefined) {
      const content = await this.#get(digest, name, buffer);
      if (!this.#isToKeep(name, content, keep)) return;
      using _lock = await locks.acquire(name);
      // One that vanished meanwhile must not come back: its object may be gone as well.
      if (cached.stat(name) !== undefined) await this.#keep(digest, name, content, keep);
      return;
    }
    // Nobody removes the object until it is known here that there is one.
    using _lock = await locks.acquire(name);
    const content = await this.#get(digest, name, buffer);
    if (cached.stat(name) === undefined) cached.placeEmpty(name);
    await this.#keep(digest, name, content, keep);
  }

  async #get(
    digest: Uint8Array,
    name: string,
    buffer: (length: number) => Uint8Array,
  ): Promise<Uint8Array> {
    const { cached, keys, objects } = this.#parts;
    const key = keys.chunk(digest);
    const object = await objects.get(key, (length) => {
      if (length < PLAIN_HEADER_LENGTH || length > MAX_ENCODED_CHUNK_BYTES) {
        throw new CorruptDataError(`object "${key}" has ${length} bytes, which no chunk has`);
      }
      return buffer(length);
    });
    if (object === undefined) {
      const message =
        `could not fetch object with key ${name}: ${objects.displayName} has no "${key}"`;
      throw cached.stat(name) === undefined
        ? new NotFoundError(message)
        : new CorruptDataError(message);
    }
    checkBlobCrc(object.content, `object "${key}"`);
    return object.content;
  }

  /** Keeps a content in the cache, or replaces one there that is damaged. The caller has the lock. */
  async #keep(
    digest: Uint8Array,
    name: string,
    content: Uint8Array,
    keep: boolean,
  ): Promise<void> {
    if (!this.#isToKeep(name, content, keep)) return;
    const { cached } = this.#parts;
    const size = cached.stat(name)?.size ?? 0;
    if (size > 0 && await this.#isSameContent(digest, content)) return;
    using prepared = await this.#prepare(name, content);
    if (prepared !== undefined) this.#commit(name, prepared, content);
    else if (size > 0) cached.placeEmpty(name);
  }

  #isToKeep(name: string, content: Uint8Array, keep: boolean): boolean {
    const { cached, contents } = this.#parts;
    return (cached.stat(name)?.size ?? 0) > 0 || keep && contents.hasRoomFor(content.byteLength);
  }

  async #isSameContent(digest: Uint8Array, content: Uint8Array): Promise<boolean> {
    const size = content.byteLength;
    const scratch = this.#scratch.take(size);
    try {
      let length = 0;
      await this.#parts.local.read(
        digest,
        (bytes) => scratch.subarray(0, length = fitting(bytes, size)),
      );
      return bytesEqual(scratch.subarray(0, length), content);
    } catch (error) {
      if (error instanceof CorruptDataError || error instanceof SystemError) return false;
      throw error;
    } finally {
      this.#scratch.giveBack(scratch);
    }
  }

  /** See {@linkcode ChunkStore.stat}. Of a marker the size is not known. */
  stat(digest: Uint8Array): SeenChunk | undefined {
    const stat = this.#parts.cached.stat(encodeHex(digest));
    if (stat === undefined) return undefined;
    const { accessTime, inode, size } = stat;
    return { accessTime, inode, size: size === 0 ? undefined : size };
  }

  /** See {@linkcode ChunkStore.isEncrypted}. Of a marker only its object tells. */
  async isEncrypted(digest: Uint8Array): Promise<boolean> {
    const stat = this.stat(digest);
    if (stat === undefined) return false;
    if (stat.size !== undefined) return await this.#parts.local.isEncrypted(digest);
    return (await this.look(digest))?.encrypted ?? false;
  }

  /** See {@linkcode ChunkStore.look}: the beginning of the object, whatever is in the cache. */
  async look(digest: Uint8Array): Promise<ChunkLook | undefined> {
    const { keys, objects } = this.#parts;
    const found = await this.#track(
      objects.readStart(keys.chunk(digest), ENCRYPTED_HEADER_LENGTH),
    );
    return found && lookAtChunk(found.bytes, found.size);
  }

  /** See {@linkcode ChunkStore.now}: the clock of the cache's files. */
  now(): number {
    return this.#parts.local.now();
  }

  /** See {@linkcode ChunkStore.touch}. */
  touch(digest: Uint8Array): boolean {
    return this.#parts.local.touch(digest);
  }

  /** See {@linkcode ChunkStore.touchBad}. */
  touchBad(digest: Uint8Array): number {
    return this.#parts.local.touchBad(digest);
  }

  /** See {@linkcode ChunkStore.mark}. A chunk that is not known here may be in the bucket all the same. */
  mark(digest: Uint8Array): boolean {
    const { cached, local } = this.#parts;
    if (local.touch(digest)) return true;
    if (local.touchBad(digest) > 0) return false;
    cached.placeEmpty(`${encodeHex(digest)}.using`);
    return true;
  }

  /**
   * See {@linkcode ChunkStore.setAside}. The object is copied before anything is removed, and is removed
   * last: until then it is the local `.bad` file that lets an upload replace it.
   */
  async setAside(digest: Uint8Array, inode: bigint): Promise<string | undefined> {
    return await this.#track(this.#setAside(digest, inode));
  }

  async #setAside(digest: Uint8Array, inode: bigint): Promise<string | undefined> {
    const { cached, contents, keys, local, locks, objects } = this.#parts;
    const digestName = encodeHex(digest);
    using _lock = await locks.acquire(digestName);
    if (cached.stat(digestName)?.inode !== inode) return undefined;
    let n = 0;
    while (n < 9 && cached.stat(`${digestName}.${n}.bad`) !== undefined) n++;
    const key = keys.chunk(digest);
    const isThere = await objects.copy(key, keys.besideChunk(`${digestName}.${n}.bad`));
    const name = await local.setAside(digest, inode);
    contents.forget(digestName);
    if (isThere) await objects.remove(key);
    return name;
  }

  /** See {@linkcode ChunkStore.sweep}. */
  sweep(from = 0, limits: SweepLimits = { remove: -Infinity }): AsyncIterable<SweptFolder> {
    const parts: SweepParts = { ...this.#parts, evict: () => this.#evict() };
    return sweepBucket(parts, from, limits);
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Waits for what is still being stored or fetched. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Gives the handles of the cache back. */
  [Symbol.dispose](): void {
    this.#parts.cached[Symbol.dispose]();
    this.#parts.local[Symbol.dispose]();
  }
}

/** The length of a file unless it was replaced by another one since the look at it. */
function fitting(length: number, seen: number): number {
  if (length > seen) throw new CorruptDataError("the file was replaced by a longer one");
  return length;
}
