import {
  changePathMode,
  changePathOwner,
  FileStat,
  makeFolder,
  statPath,
} from "../../ffi/posix_files.ts";
import { listFolder } from "../../ffi/posix_folder.ts";
import { effectiveIds } from "../../ffi/posix_file_system.ts";
import { Errno } from "../../ffi/errno.ts";
import { AuthError, ConflictError, NotFoundError, UsageError } from "../errors/mod.ts";
import { checkResult, runtimeFailure, systemFailure } from "./_system_failure.ts";
import { ChunkFolders } from "./chunk_folders.ts";
import type { ChunkStore } from "./chunk_store.ts";
import { FileChunkStore, type SyncLevel } from "./file_chunk_store.ts";
import { FileSnapshotFiles } from "./file_snapshot_files.ts";
import { CHUNKS_FOLDER, FOLDER_MODE, LOCKS_FOLDER, REFERENCE_OWNER } from "./format.ts";
import { LockFolder, type LockLocation } from "./lock_folder.ts";
import { type FileOwner, isRefusal, NewFileRules } from "./new_file_rules.ts";
import { ProcessLock } from "./process_lock.ts";
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

/** Parts of a datastore. */
type DatastoreParts = Omit<Datastore, "syncLevel" | typeof Symbol.dispose>;

/**
 * A datastore in a folder: its chunks, its other files and its locks. What can be done with it is in
 * functions of this room; {@linkcode LocalRepository} puts them behind the repository's interface.
 */
export class Datastore implements Disposable {
  /** Absolute path without symlinks. */
  readonly path: string;
  readonly options: DatastoreOptions;
  readonly chunks: ChunkStore;
  readonly files: SnapshotFiles;
  readonly locks: LockFolder;
  readonly processLock: ProcessLock;
  /** Owner and modes of new files, with notes about what cannot be set. */
  readonly newFileRules: NewFileRules;
  readonly chunkFolders: ChunkFolders;

  private constructor(parts: DatastoreParts) {
    this.path = parts.path;
    this.options = parts.options;
    this.chunks = parts.chunks;
    this.files = parts.files;
    this.locks = parts.locks;
    this.processLock = parts.processLock;
    this.newFileRules = parts.newFileRules;
    this.chunkFolders = parts.chunkFolders;
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
    checkNotNested(root);
    const owner = options.owner ?? defaultOwner();
    const notes = setUpRoot(root, owner, options.owner !== undefined);
    const rules = new NewFileRules(statRoot(root));
    new ProcessLock(root, rules).acquireShared()[Symbol.dispose]();
    const isNew = new ChunkFolders(root, rules).begin(options.chunkFoldersOnDemand ?? false);
    const datastore = Datastore.open(root, options);
    for (const line of [...notes, ...rules.takeNotes()]) datastore.newFileRules.note(line);
    return { datastore, isNew };
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
    return new Datastore({
      path: root,
      options,
      chunks: openChunkStore(root, rules, options.syncLevel ?? "filesystem"),
      files: new FileSnapshotFiles(root, rules),
      locks: new LockFolder(locations, rules),
      processLock: new ProcessLock(root, rules),
      newFileRules: rules,
      chunkFolders: new ChunkFolders(root, rules),
    });
  }

  /** The moment at which a finished backup has to be on disk. */
  get syncLevel(): SyncLevel {
    return this.options.syncLevel ?? "filesystem";
  }

  /** Gives the handles back. Running backups must have ended. */
  [Symbol.dispose](): void {
    this.chunks[Symbol.dispose]();
  }
}

function realPath(path: string): string {
  let root: string;
  try {
    root = Deno.realPathSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw notPermitted(`no permission to open datastore "${path}"`, path, cause);
    }
    const { NotADirectory, NotFound } = Deno.errors;
    if (!(cause instanceof NotFound || cause instanceof NotADirectory)) {
      // Not absent: nobody may make a new one here.
      throw runtimeFailure(cause, `cannot open datastore "${path}"`);
    }
    throw new NotFoundError(`there is no folder "${path}" for a datastore`, {
      cause,
      situation: { kind: "no-datastore", path },
    });
  }
  return root;
}

function openChunkStore(root: string, rules: NewFileRules, level: SyncLevel): ChunkStore {
  try {
    return new FileChunkStore(root, rules, level);
  } catch (cause) {
    if (!(cause instanceof Error && "errno" in cause && cause.errno === Errno.EACCES)) throw cause;
    throw notPermitted(`no permission to read the chunks of datastore "${root}"`, root, cause);
  }
}

function notPermitted(message: string, path: string, cause?: unknown): AuthError {
  return new AuthError(message, { cause, situation: { kind: "no-permission", path } });
}

function statRoot(root: string): FileStat {
  const stat = statPath(root);
  if (typeof stat === "number") throw systemFailure(stat, `cannot open datastore "${root}"`);
  return stat;
}

function createRoot(path: string): string {
  const status = makeFolder(path, FOLDER_MODE);
  if (status !== -Errno.EEXIST) {
    checkResult(status, () => `cannot create datastore "${path}"`);
  }
  const root = realPath(path);
  if (root === "/") throw new UsageError(`"/" cannot be a datastore`);
  return root;
}

/**
 * Gives the root folder its owner and mode, as far as the file system lets it.
 *
 * @param insist Whether the owner was asked for.
 * @returns Lines about what it did not let.
 */
function setUpRoot(root: string, owner: FileOwner | undefined, insist: boolean): string[] {
  const notes: string[] = [];
  const action = () => `cannot set up datastore "${root}"`;
  const mode = changePathMode(root, FOLDER_MODE);
  if (!isRefusal(mode)) checkResult(mode, action);
  if (owner === undefined) return notes;
  const status = changePathOwner(root, owner.uid, owner.gid);
  if (insist || !isRefusal(status)) checkResult(status, action);
  else {
    notes.push(
      `the file system does not let "${root}" be given to ${owner.uid}:${owner.gid}: ` +
        "a server that is to take the datastore over cannot write to it",
    );
  }
  return notes;
}

function hasChunkFolder(root: string): boolean {
  const stat = statPath(`${root}/${CHUNKS_FOLDER}`);
  return stat instanceof FileStat && stat.isDirectory;
}

function checkEmpty(root: string): void {
  // First, for somebody may be filling it.
  if (hasChunkFolder(root)) {
    throw new ConflictError(`"${root}" is a datastore already`, {
      situation: { kind: "datastore-in-the-way", path: root, isDatastore: true },
    });
  }
  const names = listFolder(root);
  if (typeof names === "number") throw systemFailure(names, `cannot list "${root}"`);
  for (const { name } of names) {
    if (!name.startsWith(".") && name !== "lost+found") {
      throw new ConflictError(`"${root}" is not empty: there is "${name}"`, {
        situation: { kind: "datastore-in-the-way", path: root, isDatastore: false },
      });
    }
  }
}

function checkNotNested(root: string): void {
  for (let parent = root; parent !== "";) {
    parent = parent.slice(0, parent.lastIndexOf("/"));
    const stat = statPath(`${parent}/${CHUNKS_FOLDER}`);
    if (stat instanceof FileStat && stat.isDirectory) {
      throw new ConflictError(`"${root}" lies inside datastore "${parent || "/"}"`);
    }
  }
}

/**
 * The superuser creates for a server's user, so that a server can take the datastore over, unless
 * that number belongs to somebody else here.
 */
function defaultOwner(): FileOwner | undefined {
  if (effectiveIds().uid !== 0) return undefined;
  let users = "";
  try {
    users = Deno.readTextFileSync("/etc/passwd");
  } catch {
    // A minimal image without users: nobody else has the number.
  }
  for (const line of users.split("\n")) {
    const [name, , uid] = line.split(":");
    if (Number(uid) === REFERENCE_OWNER.uid && uid !== "" && name !== "backup") return undefined;
  }
  return REFERENCE_OWNER;
}
