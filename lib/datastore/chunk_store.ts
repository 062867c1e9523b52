/** Result of inserting a chunk. */
export interface InsertedChunk {
  /** Whether the store had the chunk already. */
  readonly duplicate: boolean;
  /** Encoded size of the chunk as it is in the store now. */
  readonly storedSize: number;
}

/** File of a chunk in the store. */
export interface StoredChunk {
  /** Encoded size in bytes. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly accessTime: number;
  /** Lets a reader follow the order on disk. */
  readonly inode: bigint;
}

/** An item of the chunk store as a sweep meets it. */
export interface SweptChunk extends StoredChunk {
  /** `temporary`: it was being written, perhaps by a run that was killed. */
  readonly kind: "chunk" | "bad" | "using" | "temporary";
  readonly name: string;
  /** Seconds since the epoch. */
  readonly modificationTime: number;
  /** Deletes the item; nothing may be awaited between meeting and deleting it. */
  remove(): void;
}

/**
 * Chunks by digest: the part of a datastore that grows. Its file-system form is
 * {@linkcode FileChunkStore} (spec: datastore-formats.md §6.5).
 */
export interface ChunkStore extends Disposable {
  /**
   * Stores a chunk unless an equally good one is there.
   *
   * @param digest 32 bytes.
   * @param blob The encoded chunk; must stay as it is until the call has settled.
   * @throws {ConflictError} if another chunk of that digest forbids it.
   */
  insert(digest: Uint8Array, blob: Uint8Array): Promise<InsertedChunk>;
  /**
   * Reads a chunk into memory of the caller.
   *
   * @param buffer Called with the encoded length; returns where to put it.
   * @throws {NotFoundError} if there is no such chunk.
   * @throws {CorruptDataError} if its length cannot be that of a chunk.
   */
  read(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void>;
  /** The file of a chunk, or whatever has its name; undefined if nothing has. */
  stat(digest: Uint8Array): StoredChunk | undefined;
  /** Whether the chunk of a digest says that it is encrypted; false if there is none. */
  isEncrypted(digest: Uint8Array): Promise<boolean>;
  /** The clock that marks as used are taken from, seconds since the epoch. */
  now(): number;
  /** Marks a chunk as used now. @returns Whether there is such a chunk. */
  touch(digest: Uint8Array): boolean;
  /** Marks what verification set aside under this digest as used now. @returns How many. */
  touchBad(digest: Uint8Array): number;
  /**
   * Sets a corrupt chunk aside.
   *
   * @param inode That of the corrupt file: one that took its place meanwhile stays.
   * @returns Its new name, or undefined if it is gone.
   */
  setAside(digest: Uint8Array, inode: bigint): string | undefined;
  /**
   * Goes through everything, one folder of 65536 after the other.
   *
   * @param from Number of the first folder; default 0.
   */
  sweep(from?: number): Iterable<{ folder: number; items: Iterable<SweptChunk> }>;
}
