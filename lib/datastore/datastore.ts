import { FileStat, statPath } from "../../ffi/posix_files.ts";
import { fileSystemSpace } from "../../ffi/posix_file_system.ts";
import { Errno } from "../../ffi/errno.ts";
import { ConflictError, NotFoundError, UsageError } from "../errors/mod.ts";
import type { Repository, StorageStatus, UsedObjects } from "../repository/mod.ts";
import {
  checkEmpty,
  checkNotNested,
  createRoot,
  defaultOwner,
  hasChunkFolder,
  notPermitted,
  openChunkStore,
  realPath,
  setUpRoot,
  statRoot,
} from "./_datastore_folder.ts";
import { checkResult, systemFailure } from "./_system_failure.ts";
import { type ChunkFolderCompletion, ChunkFolders } from "./chunk_folders.ts";
import type { ChunkStore } from "./chunk_store.ts";
import type { CollectGarbageOptions } from "./collect_garbage_options.ts";
import type { FileChunkStore, SyncLevel } from "./file_chunk_store.ts";
import { FileSnapshotFiles } from "./file_snapshot_files.ts";
import { CHUNKS_FOLDER, LOCKS_FOLDER } from "./format.ts";
import type { GcStatus } from "./gc_status.ts";
import { type DatastoreLocks, LockFolder, type LockLocation } from "./lock_folder.ts";
import { type FileOwner, NewFileRules } from "./new_file_rules.ts";
import { ProcessLock, type WriterLock } from "./process_lock.ts";
import { referenceLockFolder } from "./reference_lock_folder.ts";
import type { SnapshotFiles } from "./snapshot_files.ts";

/** How to work with a datastore. */
export interface DatastoreOptions {
  /** Default `filesystem`: everything is on disk before a backup is reported as finished. */
  readonly syncLevel?: SyncLevel;
  /** IANA time zone in which prune counts hours to years; default that of the process. */
  readonly timeZone?: string;
  /** Age in seconds below which garbage collection keeps what nobody refers to. */
  readonly gcCutoffSeconds?: number;
  /** Whether garbage collection first tests that access times work; default true. */
  readonly gcAccessTimeCheck?: boolean;
}

/** How to create a datastore. */
export interface CreateDatastoreOptions extends DatastoreOptions {
  /** Owner of its files; see docs/datastore.md for the default. */
  readonly owner?: FileOwner;
  /** Leaves all 65536 chunk folders to be created when needed. A server refuses such a datastore. */
  readonly chunkFoldersOnDemand?: boolean;
}

/** A datastore that was opened, or created. */
export interface OpenedDatastore {
  readonly datastore: Datastore;
  /** Whether it was created just now, by this process. */
  readonly isNew: boolean;
}

/** Parts that a datastore is put together from, whatever form it has. */
export interface DatastoreParts {
  /** Absolute path without symlinks, or the name in messages of a form that has no folder. */
  readonly path: string;
  readonly options: DatastoreOptions;
  readonly chunks: ChunkStore;
  readonly files: SnapshotFiles;
  readonly locks: DatastoreLocks;
  readonly processLock: WriterLock;
  /** Owner and modes of new files; absent where there are no files. */
  readonly newFileRules?: NewFileRules | undefined;
  /** Absent where there are none to be made. */
  readonly chunkFolders?: ChunkFolderCompletion | undefined;
  /** Collects garbage in the place of `collectGarbage`, for a form that must go about it otherwise. */
  readonly collector?: ((options: CollectGarbageOptions) => Promise<GcStatus>) | undefined;
  /** Tells the space of a form that has no folder. */
  readonly space?: (() => Promise<StorageStatus>) | undefined;
  /** Adds up what a form holds that cannot tell its space. */
  readonly countUsed?: (() => Promise<UsedObjects>) | undefined;
  /** Lists what every chunk takes, for a form that cannot look them up. */
  readonly listStoredSizes?: Repository["listStoredSizes"];
  /** Gives back what the parts hold and waits for what they still do. */
  readonly close?: (() => Promise<void>) | undefined;
}

const NONE_MISSING: ChunkFolderCompletion = {
  areMissing: false,
  complete: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** Parts of a datastore whose data is in a folder of this machine. */
export interface FolderParts extends DatastoreParts {
  readonly newFileRules: NewFileRules;
  readonly chunkFolders: ChunkFolders;
  readonly chunks: FileChunkStore;
  readonly files: FileSnapshotFiles;
}

/**
 * A datastore: its chunks, its other files and its locks. What can be done with it is in functions of this
 * room; {@linkcode LocalRepository} puts them behind the repository's interface. The form that lies in a
 * folder is made here, other forms are put together by other rooms.
 */
export class Datastore implements Disposable, AsyncDisposable {
  readonly path: string;
  readonly options: DatastoreOptions;
  readonly chunks: ChunkStore;
  readonly files: SnapshotFiles;
  readonly locks: DatastoreLocks;
  readonly processLock: WriterLock;
  readonly newFileRules: NewFileRules | undefined;
  readonly chunkFolders: ChunkFolderCompletion;
  readonly collector: DatastoreParts["collector"];
  readonly #parts: DatastoreParts;

  /** @param parts Belong to the datastore from here on. */
  constructor(parts: DatastoreParts) {
    this.#parts = parts;
    this.path = parts.path;
    this.options = parts.options;
    this.chunks = parts.chunks;
    this.files = parts.files;
    this.locks = parts.locks;
    this.processLock = parts.processLock;
    this.newFileRules = parts.newFileRules;
    this.chunkFolders = parts.chunkFolders ?? NONE_MISSING;
    this.collector = parts.collector;
  }

  /**
   * Creates a datastore in a folder that is empty or not there yet, but whose parent is. Its chunk
   * folders are made by {@linkcode ChunkFolders.complete}, and one by one when they are needed.
   *
   * @throws {ConflictError} if something is in the folder, or it lies in another datastore.
   */
  static create(path: string, options: CreateDatastoreOptions = {}): Datastore {
    return Datastore.#create(path, options).datastore;
  }

  static #create(path: string, options: CreateDatastoreOptions): OpenedDatastore {
    const root = createRoot(path);
    checkEmpty(root);
    const { parts, isNew } = createDatastoreFolder(root, options);
    return { datastore: new Datastore(parts), isNew };
  }

  /**
   * Looks whether a datastore can be created, as far as that shows without making anything.
   *
   * @throws {ConflictError} if something is in the folder, or it lies in another datastore.
   * @throws {NotFoundError} if neither the folder is there nor its parent.
   */
  static checkCreatable(path: string): void {
    const stat = statPath(path);
    if (stat === -Errno.ENOENT) {
      const parts = path.split("/").filter((part) => part !== "");
      const name = parts.pop();
      const parent = `${path.startsWith("/") ? "/" : "./"}${parts.join("/")}`;
      const root = realPath(parent);
      checkNotNested(root === "/" ? `/${name}` : `${root}/${name}`);
      return;
    }
    if (typeof stat === "number") throw systemFailure(stat, `cannot create datastore "${path}"`);
    if (!stat.isDirectory) throw new ConflictError(`"${path}" is not a directory`);
    const root = realPath(path);
    if (root === "/") throw new UsageError(`"/" cannot be a datastore`);
    checkEmpty(root);
    checkNotNested(root);
  }

  /**
   * Opens a datastore; creates it if there is none. Of several that do so at the same time, one creates it.
   *
   * @throws {ConflictError} if something else is in the folder, or it lies in another datastore.
   */
  static openOrCreate(path: string, options: CreateDatastoreOptions = {}): OpenedDatastore {
    try {
      return { datastore: Datastore.open(path, options), isNew: false };
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
    try {
      return Datastore.#create(path, options);
    } catch (error) {
      if (!(error instanceof ConflictError) || !hasChunkFolder(path)) throw error;
      return { datastore: Datastore.open(path, options), isNew: false };
    }
  }

  /**
   * Opens a datastore. Nothing is created: the folder of a disk that is not mounted stays empty.
   *
   * @throws {NotFoundError} if there is no datastore.
   * @throws {AuthError} if it may not be read.
   */
  static open(path: string, options: DatastoreOptions = {}): Datastore {
    return new Datastore(openDatastoreFolder(path, options));
  }

  /** The moment at which a finished backup has to be on disk. */
  get syncLevel(): SyncLevel {
    return this.options.syncLevel ?? "filesystem";
  }

  /** Lines about what could not be set up as it should be, since the last call. */
  takeNotes(): string[] {
    return this.newFileRules?.takeNotes() ?? [];
  }

  /** Adds up what a bucket holds; undefined where {@linkcode Datastore.space} tells it. */
  get countUsed(): (() => Promise<UsedObjects>) | undefined {
    return this.#parts.countUsed;
  }

  /** Lists what every chunk of a bucket takes; undefined where that can be looked up. */
  get listStoredSizes(): Repository["listStoredSizes"] {
    return this.#parts.listStoredSizes;
  }

  /** Space where the datastore lies, in bytes. */
  async space(): Promise<StorageStatus> {
    const { path } = this;
    if (this.#parts.space !== undefined) return await this.#parts.space();
    const space = fileSystemSpace(path);
    if (typeof space === "number") {
      checkResult(space, () => `cannot tell the free space of datastore "${path}"`);
      throw new TypeError("unreachable");
    }
    return { total: space.total, used: space.total - space.free, avail: space.available };
  }

  /** Gives the handles back. Running backups must have ended. */
  [Symbol.dispose](): void {
    this.chunks[Symbol.dispose]();
  }

  /** Gives the handles back, and waits for what a form other than that in a folder still does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.close?.();
    this[Symbol.dispose]();
  }
}

/**
 * Makes a datastore of a folder that is there.
 *
 * @param root Absolute path without symlinks.
 * @throws {ConflictError} if it lies in another datastore.
 */
export function createDatastoreFolder(
  root: string,
  options: CreateDatastoreOptions = {},
): { parts: FolderParts; isNew: boolean } {
  checkNotNested(root);
  const owner = options.owner ?? defaultOwner();
  const notes = setUpRoot(root, owner, options.owner !== undefined);
  const rules = new NewFileRules(statRoot(root));
  new ProcessLock(root, rules).acquireShared()[Symbol.dispose]();
  const isNew = new ChunkFolders(root, rules).begin(options.chunkFoldersOnDemand ?? false);
  const parts = openDatastoreFolder(root, options);
  for (const line of [...notes, ...rules.takeNotes()]) parts.newFileRules.note(line);
  return { parts, isNew };
}

/**
 * Opens the folder of a datastore and takes the parts from it, for a form that keeps only some of its data
 * there.
 *
 * @throws As {@linkcode Datastore.open} does.
 */
export function openDatastoreFolder(path: string, options: DatastoreOptions = {}): FolderParts {
  const root = realPath(path);
  const chunks = statPath(`${root}/${CHUNKS_FOLDER}`);
  if (chunks === -Errno.EACCES) {
    throw notPermitted(`no permission to open datastore "${root}"`, root);
  }
  if (chunks === -Errno.ENOENT || (chunks instanceof FileStat && !chunks.isDirectory)) {
    throw new NotFoundError(
      `"${root}" is not a datastore: it has no folder "${CHUNKS_FOLDER}" (is the disk mounted?)`,
      { situation: { kind: "no-datastore", path } },
    );
  }
  if (typeof chunks === "number") throw systemFailure(chunks, `cannot open datastore "${root}"`);
  const rules = new NewFileRules(statRoot(root));
  const locations: LockLocation[] = [{ path: `${root}/${LOCKS_FOLDER}`, removable: true }];
  const reference = referenceLockFolder(root);
  if (reference !== undefined) locations.push({ path: reference, removable: false });
  return {
    path: root,
    options,
    chunks: openChunkStore(root, rules, options.syncLevel ?? "filesystem"),
    files: new FileSnapshotFiles(root, rules),
    locks: new LockFolder(locations, rules),
    processLock: new ProcessLock(root, rules),
    newFileRules: rules,
    chunkFolders: new ChunkFolders(root, rules),
  };
}
