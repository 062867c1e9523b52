/** An item of a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
}

/** A file whose copy elsewhere, which counts, is not the same. */
export interface DifferingFile {
  /** Below the datastore's root. */
  readonly path: string;
  /** Words about what is wrong, naming the copy and the way out. */
  readonly problem: string;
  /** False for a change of what may be changed, of which only one side knows. */
  readonly isFault: boolean;
}

/** A file that is being written in pieces. */
export interface FileWriter extends Disposable {
  /** Writes bytes at an offset. They must stay as they are until the call has settled. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Brings what was written to disk. */
  sync(): Promise<void>;
  /** Ends the writing; a file system may tell only now that something could not be written. */
  close(): Promise<void>;
}

/** Sees what cannot be written to disk from its making on, no matter who wrote it. */
export interface WriteWatch extends Disposable {
  /** Writes everything that is pending to disk. @throws if that, or a write since, has failed. */
  sync(): Promise<void>;
}

/**
 * Everything of a datastore that is not a chunk, by name below the datastore's root. Its file-system
 * form is {@linkcode FileSnapshotFiles}; what that changes is changed before the call returns, so that
 * nothing happens between a look and the change that follows it.
 */
export interface SnapshotFiles {
  /** The whole file. @throws {NotFoundError} if there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Puts a file in place in one step, replacing what is there. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** {@linkcode SnapshotFiles.replace}, and on disk before it settles. */
  replaceDurably(path: string, bytes: Uint8Array): Promise<void>;
  /** Starts a file that is written in pieces, replacing what is there. */
  create(path: string): FileWriter;
  /** Gives a file another name in the same folder, or that of the same kind elsewhere. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Moves a folder with the files it holds to a place that has none yet. If that fails, what is in the
   * old place is complete.
   */
  moveFolder(from: string, to: string): Promise<void>;
  /** Size of a regular file in bytes, or undefined if there is none. */
  size(path: string): number | undefined;
  /**
   * Time of the last write to a regular file, seconds since the epoch; undefined if there is none.
   */
  modificationTime(path: string): number | undefined;
  /**
   * A text that is another one when another regular file lies there; undefined if there is none.
   */
  stamp(path: string): string | undefined;
  /** Entries of a folder, in no order. @throws {NotFoundError} if there is none. */
  list(folder: string): Promise<FolderEntry[]>;
  /** Whether there is such a folder. */
  hasFolder(folder: string): boolean;
  /** Creates one folder. @returns Whether it was not there before. */
  makeFolder(folder: string): Promise<boolean>;
  /** Removes a file. @returns Whether it was there. */
  removeFile(path: string): Promise<boolean>;
  /** Removes an empty folder. @returns Whether it is gone; false if something is in it. */
  removeEmptyFolder(folder: string): Promise<boolean>;
  /**
   * Removes a folder with all it holds; symlinks are not followed. One that is gone is fine.
   *
   * @param first Name of the file in it that goes before all others.
   */
  removeTree(folder: string, first?: string): Promise<void>;
  /**
   * Compares the files of a snapshot, and those of its group, with the copies that count, where those are elsewhere.
   *
   * @param folder The snapshot's. Nobody may be changing its manifest.
   */
  compareOriginals?(folder: string): Promise<DifferingFile[]>;
  /** Begins to look for writes that fail: the system tells each watcher once, and nobody later. */
  watchWrites(): WriteWatch;
}
