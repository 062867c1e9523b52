import { setTimeout as delay } from "node:timers/promises";
import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  changeMode,
  closeFile,
  makeFolder,
  openFile,
  OpenFlag,
  removeFile,
  writeNow,
} from "../../ffi/posix_files.ts";
import { listFolder } from "../../ffi/posix_folder.ts";
import { lockFile } from "../../ffi/posix_locks.ts";
import { ConflictError, LockedError, SystemError } from "../errors/mod.ts";
import { fileNameFor } from "./unit_name.ts";

/** Time that others have for what they do under the lock. */
const LOCK_WAIT_MS = 10_000;
const LOCK_PAUSE_MS = 50;
/** A process id and a line end. */
const MAX_OWNER_LENGTH = 16;

/**
 * The folder of mappings: an empty file for each, on which its image is mounted, and beside it a file
 * with the id of the process that serves it (spec: client-pipeline.md §6.3). It is shared with the
 * official client, so it holds nothing else; who makes or removes something locks the folder itself.
 */
export class MappingFolder {
  /** @param path Absolute. */
  constructor(readonly path: string = "/run/pbs-loopdev") {}

  /** Path of a mapping's file. */
  fileOf(name: string): string {
    return `${this.path}/${fileNameFor(name)}`;
  }

  /** Names of the files of mappings, sorted; none if nothing was ever mapped. */
  fileNames(): string[] {
    const names = listFolder(this.path);
    if (names === -Errno.ENOENT) return [];
    if (typeof names === "number") throw failure(names, `cannot list ${this.path}`);
    return names.map(({ name }) => name).filter((name) => !name.endsWith(".pid")).toSorted();
  }

  /** The process that a mapping's file says it belongs to; undefined if it says nothing of use. */
  async ownerOf(file: string): Promise<number | undefined> {
    try {
      const text = (await Deno.readTextFile(ownerFile(file))).slice(0, MAX_OWNER_LENGTH).trim();
      const id = /^\d+$/.test(text) ? Number(text) : 0;
      return id > 1 && id < 2 ** 31 ? id : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /**
   * Makes a mapping's file, and the folder if it is the first.
   *
   * @throws {ConflictError} if it is there.
   */
  createFile(file: string): void {
    const fd = openFile(file, OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE, 0o600);
    if (fd === -Errno.EEXIST) {
      throw new ConflictError("the given archive is already mapped, cannot map twice");
    }
    if (fd < 0) throw failure(fd, `cannot create ${file}`);
    closeFile(fd);
  }

  /** Says that this process serves a mapping. */
  writeOwner(file: string): void {
    const path = ownerFile(file);
    const fd = openFile(path, OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.TRUNCATE, 0o644);
    if (fd < 0) throw failure(fd, `cannot create ${path}`);
    try {
      changeMode(fd, 0o644);
      const status = writeNow(fd, new TextEncoder().encode(String(Deno.pid)), 0);
      if (status < 0) throw failure(status, `cannot write ${path}`);
    } finally {
      closeFile(fd);
    }
  }

  /** Removes what there is of a mapping; nothing may be mounted there. */
  remove(file: string): void {
    for (const path of [file, ownerFile(file)]) {
      const status = removeFile(path);
      if (status < 0 && status !== -Errno.ENOENT) throw failure(status, `cannot remove ${path}`);
    }
  }

  /** Makes the folder if it is not there. @throws {SystemError} if this user may not. */
  create(): void {
    const status = makeFolder(this.path, 0o755);
    if (status < 0 && status !== -Errno.EEXIST) throw failure(status, `cannot create ${this.path}`);
  }

  /**
   * Keeps others from making and removing mappings until the lock is disposed of.
   *
   * @throws {LockedError} if somebody else does not come to an end of it.
   */
  async lock(): Promise<Disposable> {
    const fd = openFile(this.path, OpenFlag.DIRECTORY);
    if (fd < 0) throw failure(fd, `cannot open ${this.path}`);
    for (const deadline = Date.now() + LOCK_WAIT_MS;;) {
      const status = lockFile(fd, "exclusive");
      if (status === 0) return { [Symbol.dispose]: () => void closeFile(fd) };
      if (status !== -Errno.EAGAIN || Date.now() > deadline) {
        closeFile(fd);
        if (status !== -Errno.EAGAIN) throw failure(status, `cannot lock ${this.path}`);
        throw new LockedError(`somebody else is mapping an image (lock on ${this.path})`);
      }
      await delay(LOCK_PAUSE_MS);
    }
  }
}

/** The file's last extension is replaced (spec: cli.md §4.12). */
function ownerFile(file: string): string {
  return file.replace(/\.[^./]*$/, "") + ".pid";
}

function failure(status: number, what: string): SystemError {
  return new SystemError(-status, `${what}: ${errnoText(-status)}`);
}
