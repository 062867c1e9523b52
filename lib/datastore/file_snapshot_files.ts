import { Errno } from "../../ffi/errno.ts";
import { syncFileSystem } from "../../ffi/posix_file_system.ts";
import {
  closeFile,
  closeFileLater,
  type FileStat,
  makeFolder,
  openFile,
  OpenFlag,
  readLater,
  removeFile,
  removeFolder,
  renameFile,
  statFile,
  statPath,
  syncFileLater,
  writeLater,
} from "../../ffi/posix_files.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { checkResult, runtimeFailure, systemFailure } from "./_system_failure.ts";
import { FILE_MODE, FOLDER_MODE } from "./format.ts";
import type { NewFileRules } from "./new_file_rules.ts";
import type { FileWriter, FolderEntry, SnapshotFiles, WriteWatch } from "./snapshot_files.ts";

/** Larger files are no files of a snapshot: an index of 1.6 GiB stands for 160 TiB. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** Snapshots as folders and files below the datastore's root. */
export class FileSnapshotFiles implements SnapshotFiles {
  /** @param root Path of the datastore. */
  constructor(readonly root: string, readonly rules: NewFileRules) {}

  /** See {@linkcode SnapshotFiles.read}. */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const fd = this.#check(
      openFile(`${this.root}/${path}`, OpenFlag.READ | OpenFlag.NOFOLLOW | OpenFlag.NONBLOCK),
      "open",
      path,
    );
    try {
      const stat = statFile(fd);
      if (typeof stat === "number") throw systemFailure(stat, `cannot look at "${path}"`);
      if (!stat.isFile) throw new CorruptDataError(`"${path}" is not a regular file`);
      if (stat.size > MAX_FILE_BYTES) {
        throw new CorruptDataError(`"${path}" has ${stat.size} bytes, which is too large`);
      }
      const bytes = new Uint8Array(stat.size);
      const length = this.#check(await readLater(fd, bytes, 0), "read", path);
      return bytes.subarray(0, length);
    } finally {
      closeFile(fd);
    }
  }

  /** See {@linkcode SnapshotFiles.replace}. */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.#replace(path, bytes, false);
  }

  /** See {@linkcode SnapshotFiles.replaceDurably}. */
  async replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
    await this.#replace(path, bytes, true);
    const folder = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
    const fd = this.#check(openFile(`${this.root}/${folder}`, OpenFlag.DIRECTORY), "open", folder);
    const status = await syncFileLater(fd);
    closeFile(fd);
    this.#check(status, "sync", folder);
  }

  async #replace(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
    const temporary = `${path}.tmp_${crypto.randomUUID().slice(0, 6)}`;
    const absolute = `${this.root}/${temporary}`;
    const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
    const fd = this.#check(openFile(absolute, flags, FILE_MODE), "create", temporary);
    let status: number;
    let closed: number;
    try {
      status = this.rules.applyToFile(fd, FILE_MODE);
      if (status === 0) status = await writeLater(fd, bytes, 0);
      if (status === 0 && durable) status = await syncFileLater(fd);
    } finally {
      closed = closeFile(fd);
    }
    if (status === 0) status = closed;
    if (status === 0) status = renameFile(absolute, `${this.root}/${path}`);
    if (status < 0) removeFile(absolute);
    this.#check(status, "write", path);
  }

  /** See {@linkcode SnapshotFiles.create}. */
  create(path: string): FileWriter {
    const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.TRUNCATE | OpenFlag.NOFOLLOW;
    const absolute = `${this.root}/${path}`;
    const fd = this.#check(openFile(absolute, flags, FILE_MODE), "create", path);
    const status = this.rules.applyToFile(fd, FILE_MODE);
    if (status < 0) {
      closeFile(fd);
      removeFile(absolute);
    }
    this.#check(status, "set up", path);
    let open = true;
    return {
      write: async (bytes, offset) => {
        if (!open) throw new TypeError(`"${path}" was closed`);
        this.#check(await writeLater(fd, bytes, offset), "write", path);
      },
      sync: async () => {
        if (!open) throw new TypeError(`"${path}" was closed`);
        this.#check(await syncFileLater(fd), "sync", path);
      },
      close: async () => {
        if (!open) throw new TypeError(`"${path}" was closed`);
        open = false;
        this.#check(await closeFileLater(fd), "write", path);
      },
      [Symbol.dispose]() {
        if (open) closeFile(fd);
        open = false;
      },
    };
  }

  /** See {@linkcode SnapshotFiles.rename}. */
  // deno-lint-ignore require-await
  async rename(from: string, to: string): Promise<void> {
    this.#check(renameFile(`${this.root}/${from}`, `${this.root}/${to}`), "rename", from);
  }

  /** See {@linkcode SnapshotFiles.moveFolder}. */
  // deno-lint-ignore require-await
  async moveFolder(from: string, to: string): Promise<void> {
    this.#check(renameFile(`${this.root}/${from}`, `${this.root}/${to}`), "rename", from);
  }

  /** See {@linkcode SnapshotFiles.size}. */
  size(path: string): number | undefined {
    return this.#stat(path)?.size;
  }

  /** See {@linkcode SnapshotFiles.modificationTime}. */
  modificationTime(path: string): number | undefined {
    return this.#stat(path)?.modificationTime;
  }

  /** See {@linkcode SnapshotFiles.stamp}. */
  stamp(path: string): string | undefined {
    const stat = this.#stat(path);
    return stat && `${stat.device}/${stat.inode}/${stat.size}/${stat.modificationTime}`;
  }

  #stat(path: string): FileStat | undefined {
    const stat = statPath(`${this.root}/${path}`);
    if (stat === -Errno.ENOENT || stat === -Errno.ENOTDIR) return undefined;
    if (typeof stat === "number") throw systemFailure(stat, `cannot look at "${path}"`);
    return stat.isFile ? stat : undefined;
  }

  /** See {@linkcode SnapshotFiles.list}. */
  async list(folder: string): Promise<FolderEntry[]> {
    const entries: FolderEntry[] = [];
    try {
      for await (const entry of Deno.readDir(`${this.root}/${folder}`)) {
        const kind = entry.isFile ? "file" : entry.isDirectory ? "folder" : "other";
        entries.push({ name: entry.name, kind });
      }
    } catch (cause) {
      throw runtimeFailure(cause, `cannot list "${folder}" in datastore "${this.root}"`);
    }
    return entries;
  }

  /** See {@linkcode SnapshotFiles.hasFolder}. */
  hasFolder(folder: string): boolean {
    const stat = statPath(`${this.root}/${folder}`);
    if (stat === -Errno.ENOENT || stat === -Errno.ENOTDIR) return false;
    if (typeof stat === "number") throw systemFailure(stat, `cannot look at "${folder}"`);
    return stat.isDirectory;
  }

  /** See {@linkcode SnapshotFiles.makeFolder}. */
  // deno-lint-ignore require-await
  async makeFolder(folder: string): Promise<boolean> {
    const absolute = `${this.root}/${folder}`;
    const status = makeFolder(absolute, FOLDER_MODE);
    if (status === -Errno.EEXIST) return false;
    this.#check(status, "create", folder);
    try {
      this.#check(this.rules.applyToFolder(absolute, FOLDER_MODE), "set up", folder);
    } catch (error) {
      removeFolder(absolute);
      throw error;
    }
    return true;
  }

  /** See {@linkcode SnapshotFiles.removeFile}. */
  // deno-lint-ignore require-await
  async removeFile(path: string): Promise<boolean> {
    const status = removeFile(`${this.root}/${path}`);
    if (status === -Errno.ENOENT) return false;
    this.#check(status, "remove", path);
    return true;
  }

  /** See {@linkcode SnapshotFiles.removeEmptyFolder}. */
  // deno-lint-ignore require-await
  async removeEmptyFolder(folder: string): Promise<boolean> {
    const status = removeFolder(`${this.root}/${folder}`);
    if (status === -Errno.ENOTEMPTY || status === -Errno.EEXIST) return false;
    if (status !== -Errno.ENOENT) this.#check(status, "remove", folder);
    return true;
  }

  /** See {@linkcode SnapshotFiles.removeTree}. */
  async removeTree(folder: string, first?: string): Promise<void> {
    if (first !== undefined) await this.removeFile(`${folder}/${first}`);
    try {
      await Deno.remove(`${this.root}/${folder}`, { recursive: true });
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return;
      throw runtimeFailure(cause, `cannot remove "${folder}" in datastore "${this.root}"`);
    }
  }

  /** See {@linkcode SnapshotFiles.watchWrites}. */
  watchWrites(): WriteWatch {
    const fd = this.#check(openFile(this.root, OpenFlag.DIRECTORY), "open", this.root);
    let open = true;
    return {
      sync: async () => {
        if (!open) throw new TypeError("the watch was closed");
        this.#check(await syncFileSystem(fd), "sync", this.root);
      },
      [Symbol.dispose]() {
        if (open) closeFile(fd);
        open = false;
      },
    };
  }

  #check(result: number, verb: string, path: string): number {
    return checkResult(result, () => `cannot ${verb} "${path}" in datastore "${this.root}"`);
  }
}
