import type { ChunkIndex } from "../index/mod.ts";
import type { ChunkLook } from "./chunk_look.ts";

/** A value that is at hand, or that somebody else is asked for. */
export type Soon<T> = T | Promise<T>;

/** How a chunk is stored. */
export interface InsertChunk {
  /** Whether its content need not be kept where a store keeps copies of contents. */
  readonly noCache?: boolean | undefined;
}

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
  /** Another one when another file lies there; lets a reader follow the order on disk. */
  readonly inode: bigint;
}

/** A chunk as a look at it shows. */
export type SeenChunk = Omit<StoredChunk, "size"> & {
  /** Encoded size in bytes; undefined if only its existence is known. */
  readonly size: number | undefined;
};

/** An item of the chunk store as a sweep meets it. */
export interface SweptChunk extends StoredChunk {
  /**
   * `temporary`: it was being written, perhaps by a run that was killed. `using`: a mark of a collection
   * that was not needed. `lost`: a mark of this one for a chunk that is not there.
   */
  readonly kind: "chunk" | "bad" | "using" | "temporary" | "lost";
  readonly name: string;
  /** Seconds since the epoch. */
  readonly modificationTime: number;
  /** Deletes the item; nothing may be awaited between meeting and deleting it. */
  remove(): void;
}

/** Limits of a sweep, for a store that takes locks for what is removed. */
export interface SweepLimits {
  /** Items that were last used before this time, seconds since the epoch, are removed. */
  readonly remove: number;
}

/** A part of a sweep. */
export interface SweptFolder {
  /** Number of its first chunk folder, 0 to 65535: a sweep that is interrupted in it goes on there. */
  readonly folder: number;
  readonly items: Iterable<SweptChunk>;
}

/**
 * Chunks by digest: the part of a datastore that grows. Its file-system form is
 * {@linkcode FileChunkStore} (spec: datastore-formats.md §6.5), which does its work before it returns
 * wherever the result is not always a promise: nothing happens between its look and its change.
 */
export interface ChunkStore extends Disposable {
  /**
   * Stores a chunk unless an equally good one is there.
   *
   * @param digest 32 bytes.
   * @param blob The encoded chunk; must stay as it is until the call has settled.
   * @throws {ConflictError} if another chunk of that digest forbids it.
   */
  insert(digest: Uint8Array, blob: Uint8Array, options?: InsertChunk): Promise<InsertedChunk>;
  /**
   * Makes sure that the chunks of an index that lies in the store stay until the writer ends, where its
   * being a writer is not enough.
   *
   * @returns False if some may be gone.
   */
  retain?(index: ChunkIndex): Promise<boolean>;
  /**
   * Whether a chunk that is there was compared with the one to be stored. Otherwise it is trusted, as one
   * that an earlier backup brought.
   */
  readonly comparesDuplicates: boolean;
  /**
   * Whether a look at a chunk says whether it is there, and costs so little that each chunk of a snapshot may be
   * looked at.
   */
  readonly hasCheapLooks: boolean;
  /**
   * Reads a chunk into memory of the caller.
   *
   * @param buffer Called with the encoded length; returns where to put it.
   * @throws {NotFoundError} if there is no such chunk.
   * @throws {CorruptDataError} if its length cannot be that of a chunk.
   */
  read(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void>;
  /**
   * Reads a chunk as {@linkcode ChunkStore.read} does, from where it is kept for good and not from a copy
   * that is nearer.
   *
   * @throws {CorruptDataError} also if the store has known of the chunk and it is gone.
   */
  readOriginal(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void>;
  /** The file of a chunk, or whatever has its name; undefined if nothing has. */
  stat(digest: Uint8Array): Soon<SeenChunk | undefined>;
  /**
   * Encoded size of a chunk in bytes, undefined if there is none; absent where that does not show of every chunk
   * without asking somebody.
   */
  sizeOf?(digest: Uint8Array): number | undefined;
  /**
   * Length and header of a chunk where it is kept for good, undefined if there is none or it is none. Only a store
   * whose chunks are there whole or not at all can have it: a file may have lost its content in a crash.
   */
  look?(digest: Uint8Array): Promise<ChunkLook | undefined>;
  /** Whether the chunk of a digest says that it is encrypted; false if there is none. */
  isEncrypted(digest: Uint8Array): Promise<boolean>;
  /** The clock that marks as used are taken from, seconds since the epoch. */
  now(): number;
  /** Marks a chunk as used now. @returns Whether there is such a chunk. */
  touch(digest: Uint8Array): Soon<boolean>;
  /**
   * Marks a chunk for a collection as used.
   *
   * @returns False if it is missing; a store that cannot tell yet says so in the sweep, as `lost`.
   */
  mark(digest: Uint8Array): boolean;
  /** Marks what verification set aside under this digest as used now. @returns How many. */
  touchBad(digest: Uint8Array): number;
  /**
   * Sets a corrupt chunk aside.
   *
   * @param inode That of the corrupt file: one that took its place meanwhile stays.
   * @returns Its new name, or undefined if it is gone.
   */
  setAside(digest: Uint8Array, inode: bigint): Promise<string | undefined>;
  /**
   * Goes through everything in the order of the 65536 chunk folders, some of them at a time.
   *
   * @param from Number of the first folder; default 0.
   */
  sweep(from?: number, limits?: SweepLimits): AsyncIterable<SweptFolder>;
}
