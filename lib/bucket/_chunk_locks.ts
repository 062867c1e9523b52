import { setTimeout as delay } from "node:timers/promises";
import { Errno } from "../../ffi/errno.ts";
import {
  closeFile,
  makeFolder,
  openFile,
  OpenFlag,
  removeFile,
  statFile,
  statPath,
} from "../../ffi/posix_files.ts";
import { lockFile } from "../../ffi/posix_locks.ts";
import type { NewFileRules } from "../datastore/mod.ts";
import { LockedError, SystemError } from "../errors/mod.ts";

const FOLDER_MODE = 0o755;
const LOCK_FILE_MODE = 0o660;
const POLL_MS = 10;
/** An upload may take as long (spec: s3-datastore.md §4). */
const LONGEST_WAIT_MS = 3 * 3600 * 1000;

/**
 * Locks of single chunks: held from before an upload until its marker is there, and from before the removal
 * of what is known of a chunk until its object is gone. Between processes they are `flock`ed files.
 */
export class ChunkLocks {
  readonly #folder: string;
  readonly #rules: NewFileRules;
  readonly #held = new Map<string, Promise<void>>();

  /** @param root Path of the cache. */
  constructor(root: string, rules: NewFileRules) {
    this.#folder = `${root}/.locks/chunks`;
    this.#rules = rules;
  }

  /** Takes the lock of a chunk if nobody has it. @param name 64 hexadecimal digits. */
  tryAcquire(name: string): Disposable | undefined {
    if (this.#held.has(name)) return undefined;
    const path = `${this.#folder}/${name}`;
    const fd = this.#open(path);
    const status = lockFile(fd, "exclusive");
    if (status !== 0 || !isStillAt(fd, path)) {
      closeFile(fd);
      if (status < 0 && status !== -Errno.EAGAIN) throw failure(status, path);
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(name, promise);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        // Removed while it is locked: whoever has opened it meanwhile notices, see isStillAt().
        removeFile(path);
        closeFile(fd);
        this.#held.delete(name);
        resolve();
      },
    };
  }

  /**
   * Takes the lock of a chunk, waiting for others.
   *
   * @throws {LockedError} if that takes hours.
   */
  async acquire(name: string): Promise<Disposable> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    for (;;) {
      const lock = this.tryAcquire(name);
      if (lock !== undefined) return lock;
      await (this.#held.get(name) ?? delay(POLL_MS));
      if (Date.now() > deadline) throw new LockedError(`chunk ${name} is locked for hours`);
    }
  }

  #open(path: string): number {
    const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.NOFOLLOW;
    let fd = openFile(path, flags, LOCK_FILE_MODE);
    if (fd === -Errno.ENOENT) {
      for (const folder of [this.#folder.slice(0, this.#folder.lastIndexOf("/")), this.#folder]) {
        const status = makeFolder(folder, FOLDER_MODE);
        if (status === 0) this.#rules.applyToFolder(folder, FOLDER_MODE);
        else if (status !== -Errno.EEXIST) throw failure(status, folder);
      }
      fd = openFile(path, flags, LOCK_FILE_MODE);
    }
    if (fd < 0) throw failure(fd, path);
    this.#rules.applyToFile(fd, LOCK_FILE_MODE);
    return fd;
  }
}

function isStillAt(fd: number, path: string): boolean {
  const [held, named] = [statFile(fd), statPath(path)];
  return typeof held !== "number" && typeof named !== "number" && held.inode === named.inode;
}

function failure(status: number, path: string): SystemError {
  return new SystemError(-status, `cannot lock "${path}"`);
}
