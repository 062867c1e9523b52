import { Errno } from "../../ffi/errno.ts";
import {
  closeFile,
  FileStat,
  makeFolder,
  makeNumberedFoldersLater,
  openFile,
  OpenFlag,
  removeFile,
  renameFile,
  statPath,
} from "../../ffi/posix_files.ts";
import { CancelledError } from "../errors/mod.ts";
import { checkResult } from "./_system_failure.ts";
import {
  CHUNK_FOLDER_COUNT,
  CHUNK_FOLDER_MODE,
  CHUNKS_FOLDER,
  FILE_MODE,
  MISSING_FOLDERS_FILE,
} from "./format.ts";
import type { NewFileRules } from "./new_file_rules.ts";

/** Folders that are made between two looks at whether to stop. */
const FOLDERS_AT_A_TIME = 512;

/** How far the chunk folders of a datastore are made. */
export interface ChunkFolderProgress {
  readonly made: number;
  readonly total: number;
}

/** Completion of the chunk folders of a datastore, for a form that has none as well. */
export interface ChunkFolderCompletion {
  /** Whether some may be missing. */
  readonly areMissing: boolean;
  /** Makes those that are missing. @throws {CancelledError} if it was stopped. */
  complete(progress?: (progress: ChunkFolderProgress) => void): Promise<void>;
  /** Stops that, and waits for its end. */
  stop(): Promise<void>;
}

/**
 * The 65536 folders of a chunk store. They take a disk 2 to 20 seconds, so a new datastore is used
 * without them, and each is made when a chunk needs it; a server wants all, and so the rest is made
 * beside the first backup. A file in the root says that some are missing.
 */
export class ChunkFolders implements ChunkFolderCompletion {
  readonly #root: string;
  readonly #rules: NewFileRules;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  /** @param root Path of the datastore. */
  constructor(root: string, rules: NewFileRules) {
    this.#root = root;
    this.#rules = rules;
  }

  /**
   * Makes the folder of the chunk store, which makes its root a datastore.
   *
   * @param complete Whether nobody will miss the others.
   * @returns False if somebody else was faster.
   */
  begin(complete: boolean): boolean {
    const action = () => `cannot create datastore "${this.#root}"`;
    if (!complete) {
      const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.NOFOLLOW;
      const fd = checkResult(openFile(this.#marker, flags, FILE_MODE), action);
      const status = this.#rules.applyToFile(fd, FILE_MODE);
      closeFile(fd);
      checkResult(status, action);
    }
    const path = `${this.#root}/${CHUNKS_FOLDER}`;
    // What earlier versions left when they were interrupted.
    const taken = renameFile(`${path}.new`, path);
    if (taken === -Errno.ENOENT) {
      const made = makeFolder(path, CHUNK_FOLDER_MODE);
      if (made === -Errno.EEXIST) return false;
      checkResult(made, action);
    }
    checkResult(this.#rules.applyToFolder(path, CHUNK_FOLDER_MODE), action);
    return true;
  }

  /** Whether some may be missing. */
  get areMissing(): boolean {
    return statPath(this.#marker) instanceof FileStat;
  }

  /**
   * Makes those that are missing, on another thread. Several processes may do so at the same time.
   *
   * @throws {SystemError} if one cannot be made, on a full disk for example.
   * @throws {CancelledError} if {@linkcode ChunkFolders.stop} was called; the next run goes on.
   */
  complete(progress: (progress: ChunkFolderProgress) => void = () => {}): Promise<void> {
    return this.#running ??= this.#complete(progress);
  }

  /** Ends what {@linkcode ChunkFolders.complete} does, after a fraction of a second. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running?.catch(() => {});
  }

  async #complete(progress: (progress: ChunkFolderProgress) => void): Promise<void> {
    if (!this.areMissing) return;
    const path = `${this.#root}/${CHUNKS_FOLDER}`;
    const action = () => `cannot create the chunk folders of datastore "${this.#root}"`;
    // Who began may have been interrupted in between.
    checkResult(this.#rules.applyToFolder(path, CHUNK_FOLDER_MODE), action);
    const directory = checkResult(openFile(path, OpenFlag.DIRECTORY), action);
    try {
      for (let first = 0; first < CHUNK_FOLDER_COUNT; first += FOLDERS_AT_A_TIME) {
        if (this.#stop.signal.aborted) {
          throw new CancelledError("the chunk folders are not complete");
        }
        checkResult(await this.#makeSome(directory, first), action);
        progress({ made: first + FOLDERS_AT_A_TIME, total: CHUNK_FOLDER_COUNT });
      }
    } finally {
      closeFile(directory);
    }
    const removed = removeFile(this.#marker);
    if (removed !== -Errno.ENOENT) checkResult(removed, action);
  }

  async #makeSome(directory: number, first: number): Promise<number> {
    const folders = { first, count: FOLDERS_AT_A_TIME, mode: CHUNK_FOLDER_MODE };
    // Born with the right owner: changing it afterwards takes longer than making them.
    const { owner } = this.#rules;
    const isMasked = this.#rules.isMasked(CHUNK_FOLDER_MODE);
    const status = await makeNumberedFoldersLater(directory, { ...folders, isMasked, owner });
    if (status !== -Errno.EACCES && status !== -Errno.EPERM) return status;
    // A share that gives nothing away, or lets nobody but the superuser in: each by itself.
    const plain = { ...folders, isMasked: false, owner: undefined };
    const made = await makeNumberedFoldersLater(directory, plain);
    if (made < 0) return made;
    for (let number = first; number < first + FOLDERS_AT_A_TIME; number++) {
      const path = `${this.#root}/${CHUNKS_FOLDER}/${number.toString(16).padStart(4, "0")}`;
      const changed = this.#rules.applyToFolder(path, CHUNK_FOLDER_MODE);
      if (changed < 0) return changed;
    }
    return 0;
  }

  get #marker(): string {
    return `${this.#root}/${MISSING_FOLDERS_FILE}`;
  }
}
