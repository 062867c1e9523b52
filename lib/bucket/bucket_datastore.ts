import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { fileSystemSpace } from "../../ffi/posix_file_system.ts";
import {
  createDatastoreFolder,
  type CreateDatastoreOptions,
  Datastore,
  type DatastoreOptions,
  type FolderParts,
  openDatastoreFolder,
} from "../datastore/mod.ts";
import { FIXED_CHUNK_SIZE } from "../index/mod.ts";
import { CachedChunks } from "./_cached_chunks.ts";
import { CachedContents } from "./_cached_contents.ts";
import { ChunkLocks } from "./_chunk_locks.ts";
import { OWN_NAMES, prepareCache, removeTrees } from "./_cache_folder.ts";
import { claimPrefix } from "./_claim_prefix.ts";
import { lockUnlessPending, PendingRefresh } from "./_pending_refresh.ts";
import { refreshCache, type RefreshOptions, type RefreshResult } from "./_refresh_cache.ts";
import { BucketChunkStore } from "./bucket_chunk_store.ts";
import { BucketKeys } from "./bucket_keys.ts";
import type { BucketPlace } from "./bucket_place.ts";
import { BucketSnapshotFiles } from "./bucket_snapshot_files.ts";

/** Part of the free space that contents of chunks may take, and the same if a limit is given. */
const FREE_PART = { unlimited: 0.5, limited: 0.9 };

/** How to work with a datastore in a bucket. */
export interface BucketDatastoreOptions extends DatastoreOptions {
  /** Bytes of contents of chunks in the cache. Default: half of what is free. */
  readonly maxCacheBytes?: number | undefined;
}

/** How to create a datastore in a bucket, or to take one over. */
export interface CreateBucketDatastore extends BucketDatastoreOptions, CreateDatastoreOptions {
  /** Name of this host, for others that want to use the datastore. */
  readonly hostname: string;
  /** Takes a datastore over that somebody else uses, or has used and not given up. Default false. */
  readonly overwriteInUse?: boolean;
}

/**
 * A datastore whose data is in a bucket, with a cache in a folder of this machine (spec:
 * s3-datastore.md). It belongs to one machine at a time.
 */
export class BucketDatastore implements AsyncDisposable {
  /** The datastore; whoever closes it need not close this. */
  readonly datastore: Datastore;
  readonly keys: BucketKeys;
  readonly #place: BucketPlace;
  readonly #folder: FolderParts;
  readonly #pending: PendingRefresh;

  private constructor(place: BucketPlace, folder: FolderParts, options: BucketDatastoreOptions) {
    this.#place = place;
    this.#folder = folder;
    this.keys = new BucketKeys(place.name);
    this.#pending = new PendingRefresh(folder.path);
    const { objects } = place;
    const { path, newFileRules } = folder;
    const chunks = new BucketChunkStore({
      objects,
      keys: this.keys,
      local: folder.chunks,
      cached: new CachedChunks(path, newFileRules),
      contents: new CachedContents(cacheLimit(path, options.maxCacheBytes)),
      locks: new ChunkLocks(path, newFileRules),
    });
    const files = new BucketSnapshotFiles({
      objects,
      keys: this.keys,
      local: folder.files,
      requireComplete: () => this.#pending.requireNone(),
    });
    this.datastore = new Datastore({
      ...folder,
      chunks,
      files,
      processLock: lockUnlessPending(folder.processLock, this.#pending),
      close: async () => {
        await files.settle();
        await chunks.settle();
        await objects[Symbol.asyncDispose]();
      },
    });
  }

  /**
   * Creates a datastore in a bucket that has none of that name (spec: s3-datastore.md §10.1).
   *
   * @throws {ConflictError} if somebody uses the name in the bucket, if there is data of it, or if the
   *   cache's folder is that of a datastore; nothing was changed then.
   */
  static async create(
    place: BucketPlace,
    options: CreateBucketDatastore,
  ): Promise<BucketDatastore> {
    return await BucketDatastore.#create(place, options, false);
  }

  /**
   * Takes a datastore over that is in a bucket already (spec: s3-datastore.md §10.2): the cache is made anew
   * from it.
   *
   * @throws {ConflictError} if somebody uses it and that is not to be overwritten; nothing was changed then.
   */
  static async reuse(
    place: BucketPlace,
    options: CreateBucketDatastore & RefreshOptions,
  ): Promise<BucketDatastore> {
    const opened = await BucketDatastore.#create(place, options, true);
    try {
      await opened.refresh(options);
    } catch (error) {
      opened.datastore[Symbol.dispose]();
      throw error;
    }
    return opened;
  }

  static async #create(
    place: BucketPlace,
    options: CreateBucketDatastore,
    reuse: boolean,
  ): Promise<BucketDatastore> {
    const keys = new BucketKeys(place.name);
    const { overwriteInUse = false } = options;
    const claim = await claimPrefix(place.objects, keys, { reuse, overwriteInUse });
    const root = prepareCache(place.cachePath, reuse);
    const { parts } = createDatastoreFolder(root, options);
    let opened: BucketDatastore;
    try {
      opened = new BucketDatastore(place, parts, options);
    } catch (error) {
      parts.chunks[Symbol.dispose]();
      throw error;
    }
    try {
      if (reuse) opened.#pending.begin();
      await claim.write(options.hostname);
      await opened.#insertZeroChunk(options);
    } catch (error) {
      opened.datastore[Symbol.dispose]();
      if (!reuse) {
        await claim.giveUp();
        await removeTrees(root, OWN_NAMES);
      }
      throw error;
    }
    return opened;
  }

  /**
   * Opens a datastore whose cache is on this machine. The bucket is not asked.
   *
   * @throws {NotFoundError} if there is no cache.
   */
  static open(place: BucketPlace, options: BucketDatastoreOptions = {}): BucketDatastore {
    const folder = openDatastoreFolder(place.cachePath, options);
    return new BucketDatastore(place, folder, options);
  }

  /** Whether a refresh has to succeed before anything else is changed. */
  get needsRefresh(): boolean {
    return this.#pending.isPending;
  }

  /**
   * Fetches everything but the chunks from the bucket anew (spec: s3-datastore.md §10.4).
   *
   * @throws {LockedError} if somebody writes to the datastore, or collects garbage.
   * @throws {CancelledError} if it was asked to stop; {@linkcode needsRefresh} stays then.
   */
  async refresh(options: RefreshOptions = {}): Promise<RefreshResult> {
    return await refreshCache({
      objects: this.#place.objects,
      keys: this.keys,
      folder: this.#folder,
      pending: this.#pending,
      datastore: this.datastore,
    }, options);
  }

  /** The chunk that the test of access times needs (spec: s3-datastore.md §3.1). */
  async #insertZeroChunk({ gcAccessTimeCheck = true }: DatastoreOptions): Promise<void> {
    if (!gcAccessTimeCheck) return;
    const plain = new Uint8Array(FIXED_CHUNK_SIZE);
    await this.datastore.chunks.insert(
      chunkDigest(plain),
      await encodeBlob(plain, { compress: true }),
    );
  }

  /** Waits for what is under way, and closes the datastore and the bucket. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.datastore[Symbol.asyncDispose]();
  }
}

function cacheLimit(path: string, maxCacheBytes: number | undefined): number {
  const space = fileSystemSpace(path);
  const free = typeof space === "number" ? 0 : space.available;
  if (maxCacheBytes === undefined) return free * FREE_PART.unlimited;
  return Math.min(maxCacheBytes, free * FREE_PART.limited);
}
