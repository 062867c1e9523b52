import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  closeFile,
  makeFolder,
  openFile,
  OpenFlag,
  removeFile,
  renameFile,
  statPath,
  touchAccessTime,
  writeLater,
} from "../../ffi/posix_files.ts";
import type { FileStat } from "../../ffi/posix_files.ts";
import { CHUNKS_FOLDER, type NewFileRules } from "../datastore/mod.ts";
import { SystemError } from "../errors/mod.ts";

const FILE_MODE = 0o644;
const CHUNK_FOLDER_MODE = 0o750;

/** A file that is written and not yet in place; given up when it is disposed. */
export interface PreparedChunk extends Disposable {
  /** Puts it in place in one step, replacing what is there. */
  commit(): void;
}

/**
 * Files of a cache that say which chunks are in the bucket (spec: s3-datastore.md §4): each is the chunk, or
 * empty, which is a *marker*. All is done without a pause, so that nothing happens between a look and a change.
 */
export class CachedChunks implements Disposable {
  readonly #folder: string;
  readonly #rules: NewFileRules;
  #directory: number;

  /** @param root Path of the cache. */
  constructor(root: string, rules: NewFileRules) {
    this.#folder = `${root}/${CHUNKS_FOLDER}`;
    this.#rules = rules;
    this.#directory = openFile(this.#folder, OpenFlag.DIRECTORY);
    if (this.#directory < 0) throw failure(this.#directory, "open", this.#folder);
  }

  /** A file beside the chunks. @param name Begins with the digest in hexadecimal digits. */
  stat(name: string): FileStat | undefined {
    const stat = statPath(pathOf(name), this.#directory);
    if (stat === -Errno.ENOENT) return undefined;
    if (typeof stat === "number") throw failure(stat, "look at", name);
    return stat;
  }

  /** Whether verification has set a chunk aside. @param digest 64 hexadecimal digits. */
  hasBad(digest: string): boolean {
    for (let n = 0; n <= 9; n++) {
      if (this.stat(`${digest}.${n}.bad`) !== undefined) return true;
    }
    return false;
  }

  /** Marks a file as used now. @returns Whether it is there. */
  touch(name: string): boolean {
    const status = touchAccessTime(pathOf(name), this.#directory);
    if (status === -Errno.ENOENT) return false;
    if (status < 0) throw failure(status, "mark", name);
    return true;
  }

  /** Puts an empty file in place of what is there. */
  placeEmpty(name: string): void {
    const { fd, temporary } = this.#create(name);
    this.#finish(name, temporary, closeFile(fd));
    this.#rename(name, temporary);
  }

  /**
   * Writes what is to be put in place later on.
   *
   * @param content Must stay as it is until the call has settled.
   * @throws {SystemError} if the disk is full.
   */
  async prepare(name: string, content: Uint8Array): Promise<PreparedChunk> {
    const { fd, temporary } = this.#create(name);
    let status: number;
    let closed: number;
    try {
      const written = await writeLater(fd, content, 0);
      status = Math.min(written, 0);
    } finally {
      closed = closeFile(fd);
    }
    this.#finish(name, temporary, status < 0 ? status : closed);
    let isThere = true;
    return {
      commit: () => {
        isThere = false;
        this.#rename(name, temporary);
      },
      [Symbol.dispose]: () => {
        if (isThere) removeFile(temporary, this.#directory);
        isThere = false;
      },
    };
  }

  #create(name: string): { fd: number; temporary: string } {
    const temporary = `${pathOf(name)}.tmp_${crypto.randomUUID().slice(0, 6)}`;
    const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
    let fd = openFile(temporary, flags, FILE_MODE, this.#directory);
    if (fd === -Errno.ENOENT) {
      this.#makeFolder(name.slice(0, 4));
      fd = openFile(temporary, flags, FILE_MODE, this.#directory);
    }
    if (fd < 0) throw failure(fd, "create", name);
    const status = this.#rules.applyToFile(fd, FILE_MODE);
    if (status < 0) {
      closeFile(fd);
      this.#finish(name, temporary, status);
    }
    return { fd, temporary };
  }

  #finish(name: string, temporary: string, status: number): void {
    if (status >= 0) return;
    removeFile(temporary, this.#directory);
    throw failure(status, "write", name);
  }

  #rename(name: string, temporary: string): void {
    this.#finish(name, temporary, renameFile(temporary, pathOf(name), this.#directory));
  }

  /** Removes a file. One that is gone is fine. */
  remove(name: string): void {
    const status = removeFile(pathOf(name), this.#directory);
    if (status < 0 && status !== -Errno.ENOENT) throw failure(status, "remove", name);
  }

  #makeFolder(name: string): void {
    const status = makeFolder(name, CHUNK_FOLDER_MODE, this.#directory);
    if (status === 0) this.#rules.applyToFolder(`${this.#folder}/${name}`, CHUNK_FOLDER_MODE);
    else if (status !== -Errno.EEXIST) throw failure(status, "create folder", name);
  }

  /** Gives the directory handle back. */
  [Symbol.dispose](): void {
    if (this.#directory >= 0) closeFile(this.#directory);
    this.#directory = -1;
  }
}

function pathOf(name: string): string {
  return `${name.slice(0, 4)}/${name}`;
}

function failure(status: number, verb: string, name: string): SystemError {
  return new SystemError(-status, `cannot ${verb} "${name}" in the cache: ${errnoText(-status)}`);
}
