import { machineLayout } from "./machine_layout.ts";
import { AT_FDCWD, pathBytes, posixLibrary, type PosixPath, whileHeld } from "./posix_library.ts";

export type { PosixPath };

/** Flags of {@linkcode openFile}; `O_CLOEXEC` is always added. */
export const OpenFlag = {
  READ: 0,
  WRITE: 1,
  READ_WRITE: 2,
  CREATE: 0o100,
  EXCLUSIVE: 0o200,
  TRUNCATE: 0o1000,
  NONBLOCK: 0o4000,
  DIRECTORY: machineLayout.openDirectory,
  NOFOLLOW: machineLayout.openNoFollow,
} as const;

const AT_REMOVEDIR = 0x200;
const STATX_SIZE = 256;
/** Stands for the process's own user or group. */
const OWN_ID = 0xffffffff;

/** Metadata of a file as `statx` tells it; laid out alike on every architecture. */
export class FileStat {
  readonly #view: DataView<ArrayBuffer>;

  /** @param bytes What `statx` wrote; not copied. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Type and permission bits. */
  get mode(): number {
    return this.#view.getUint16(28, true);
  }
  get uid(): number {
    return this.#view.getUint32(20, true);
  }
  get gid(): number {
    return this.#view.getUint32(24, true);
  }
  /** Bytes. */
  get size(): number {
    return Number(this.#view.getBigUint64(40, true));
  }
  get inode(): bigint {
    return this.#view.getBigUint64(32, true);
  }
  /** Device the file is on, as text that is equal for equal devices. */
  get device(): string {
    return `${this.#view.getUint32(136, true)}:${this.#view.getUint32(140, true)}`;
  }
  /** Device that a device file stands for, in the same form. */
  get deviceNumber(): string {
    return `${this.#view.getUint32(128, true)}:${this.#view.getUint32(132, true)}`;
  }
  /** Access time in whole seconds since the epoch. */
  get accessTime(): number {
    return Number(this.#view.getBigInt64(64, true));
  }
  /** Nanoseconds of the access time. */
  get accessTimeNanoseconds(): number {
    return this.#view.getUint32(72, true);
  }
  /** Modification time in whole seconds since the epoch. */
  get modificationTime(): number {
    return Number(this.#view.getBigInt64(112, true));
  }
  /** Nanoseconds of the modification time. */
  get modificationTimeNanoseconds(): number {
    return this.#view.getUint32(120, true);
  }
  get isFile(): boolean {
    return (this.mode & 0o170000) === 0o100000;
  }
  get isDirectory(): boolean {
    return (this.mode & 0o170000) === 0o040000;
  }
}

/**
 * Opens a file.
 *
 * @param path Relative to `directory`, if that is given.
 * @param flags Of {@linkcode OpenFlag}.
 * @param mode Permission bits of a file that is created; the umask takes bits away.
 * @returns A descriptor to be closed with {@linkcode closeFile}, or a negative error number.
 */
export function openFile(path: PosixPath, flags: number, mode = 0, directory = AT_FDCWD): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_open(directory, bytes, bytes.length, flags, mode);
}

/** {@linkcode openFile} for reading on another thread, for paths that may be slow to look up. */
export function openFileLater(
  path: PosixPath,
  directory = AT_FDCWD,
  flags: number = OpenFlag.READ,
): Promise<number> {
  const bytes = pathBytes(path);
  const { openLater } = posixLibrary();
  return whileHeld(openLater(directory, bytes, bytes.length, flags, 0), bytes);
}

/**
 * Opens a file on another thread as if a directory were the root: neither a symbolic link nor `..` leads
 * out of it, and nothing leads to another mount.
 *
 * @param root Descriptor of the directory.
 * @param path Symbolic links in it are followed within the root; the last one not with `NOFOLLOW`.
 * @param flags Of {@linkcode OpenFlag}.
 * @returns A descriptor, or a negative error number: `-ENOSYS` before Linux 5.6.
 */
export function openInRootLater(root: number, path: PosixPath, flags: number): Promise<number> {
  const bytes = pathBytes(path);
  const { openInRootLater } = posixLibrary();
  return whileHeld(openInRootLater(root, bytes, bytes.length, flags), bytes);
}

/**
 * Closes a descriptor, which is gone in any case.
 *
 * @returns 0 or a negative error number, which for a file that was written says that what was
 *   written may be lost: network file systems and quotas tell only now.
 */
export function closeFile(fd: number): number {
  return posixLibrary().pbs_close(fd);
}

/** {@linkcode closeFile} on another thread: a network file system writes out what is pending. */
export function closeFileLater(fd: number): Promise<number> {
  return posixLibrary().closeLater(fd);
}

/**
 * Metadata of a path; symlinks are not followed.
 *
 * @returns The metadata, or a negative error number.
 */
export function statPath(path: PosixPath, directory = AT_FDCWD): FileStat | number {
  const found = new Uint8Array(STATX_SIZE);
  const bytes = pathBytes(path);
  const status = posixLibrary().pbs_stat(directory, bytes, bytes.length, found);
  return status < 0 ? status : new FileStat(found);
}

/** Looks a path up on another thread, so that a {@linkcode statPath} after it does not wait. */
export async function warmPath(path: PosixPath, directory = AT_FDCWD): Promise<void> {
  const found = new Uint8Array(STATX_SIZE);
  const bytes = pathBytes(path);
  await whileHeld(posixLibrary().statLater(directory, bytes, bytes.length, found), bytes, found);
}

const NO_PATH = new Uint8Array();

/** Metadata of an open file. @returns The metadata, or a negative error number. */
export function statFile(fd: number): FileStat | number {
  const found = new Uint8Array(STATX_SIZE);
  const status = posixLibrary().pbs_stat(fd, NO_PATH, 0, found);
  return status < 0 ? status : new FileStat(found);
}

/**
 * Reads into `buffer` until it is full or the file ends, on another thread.
 *
 * @param buffer Native memory is fine.
 * @returns Bytes read, or a negative error number.
 */
export async function readLater(fd: number, buffer: Uint8Array, offset: number): Promise<number> {
  const bytes = buffer as Uint8Array<ArrayBuffer>;
  const { readLater } = posixLibrary();
  return Number(
    await whileHeld(readLater(fd, bytes, BigInt(bytes.byteLength), BigInt(offset)), bytes),
  );
}

/**
 * {@linkcode readLater} at the descriptor's own position, for pipes.
 *
 * @returns Bytes read, 0 at the end, or a negative error number.
 */
export async function readNextLater(fd: number, buffer: Uint8Array): Promise<number> {
  const bytes = buffer as Uint8Array<ArrayBuffer>;
  const { readNextLater } = posixLibrary();
  return Number(await whileHeld(readNextLater(fd, bytes, BigInt(bytes.byteLength)), bytes));
}

/**
 * Writes all of `bytes` on another thread.
 *
 * @param bytes Must stay as they are until the call has settled; native memory is fine.
 * @returns 0, or a negative error number; some of the bytes may have been written then.
 */
export function writeLater(fd: number, bytes: Uint8Array, offset: number): Promise<number> {
  const source = bytes as Uint8Array<ArrayBuffer>;
  return whileHeld(
    posixLibrary().writeLater(fd, source, BigInt(source.byteLength), BigInt(offset)),
    source,
  );
}

/** {@linkcode writeLater} on this thread, for small files. */
export function writeNow(fd: number, bytes: Uint8Array, offset: number): number {
  const source = bytes as Uint8Array<ArrayBuffer>;
  return posixLibrary().pbs_write_at(fd, source, BigInt(source.byteLength), BigInt(offset));
}

/** Renames within one file system, replacing what is there. @returns 0 or a negative error number. */
export function renameFile(from: PosixPath, to: PosixPath, directory = AT_FDCWD): number {
  const [source, target] = [pathBytes(from), pathBytes(to)];
  return posixLibrary().pbs_rename(directory, source, source.length, target, target.length);
}

/** Renames within one file system; `EEXIST` if there is something. @returns 0 or a negative error number. */
export function renameFileNew(from: PosixPath, to: PosixPath, directory = AT_FDCWD): number {
  const [source, target] = [pathBytes(from), pathBytes(to)];
  return posixLibrary().pbs_rename_new(directory, source, source.length, target, target.length);
}

/** Removes a file. @returns 0 or a negative error number. */
export function removeFile(path: PosixPath, directory = AT_FDCWD): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_remove(directory, bytes, bytes.length, 0);
}

/** Removes an empty folder. @returns 0 or a negative error number. */
export function removeFolder(path: PosixPath, directory = AT_FDCWD): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_remove(directory, bytes, bytes.length, AT_REMOVEDIR);
}

/** Creates one folder. The umask takes bits of `mode` away. @returns 0 or a negative error number. */
export function makeFolder(path: PosixPath, mode: number, directory = AT_FDCWD): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_make_folder(directory, bytes, bytes.length, mode);
}

/** How {@linkcode makeNumberedFoldersLater} creates folders. */
export interface NumberedFolders {
  /** Number of the first one. */
  readonly first: number;
  readonly count: number;
  readonly mode: number;
  /** Whether the umask takes bits of `mode` away, so that they have to be given back. */
  readonly isMasked: boolean;
  /** Whose they are; the process's if absent. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Creates folders named by four hexadecimal digits, on another thread. Those that exist stay.
 *
 * @returns 0 or a negative error number.
 */
export function makeNumberedFoldersLater(
  directory: number,
  { first, count, mode, isMasked, owner }: NumberedFolders,
): Promise<number> {
  const { uid, gid } = owner ?? { uid: OWN_ID, gid: OWN_ID };
  const { makeNumberedFoldersLater } = posixLibrary();
  return makeNumberedFoldersLater(directory, first, count, mode, isMasked ? 1 : 0, uid, gid);
}

/** Sets the permission bits of an open file. @returns 0 or a negative error number. */
export function changeMode(fd: number, mode: number): number {
  return posixLibrary().pbs_change_mode(fd, mode);
}

/** Sets the permission bits of what a path leads to. @returns 0 or a negative error number. */
export function changePathMode(path: PosixPath, mode: number, directory = AT_FDCWD): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_change_path_mode(directory, bytes, bytes.length, mode);
}

/** Sets the owner of an open file. @returns 0 or a negative error number. */
export function changeOwner(fd: number, uid: number, gid: number): number {
  return posixLibrary().pbs_change_owner(fd, uid, gid);
}

/** Sets the owner of a path; a symlink itself, not its target. @returns 0 or a negative error number. */
export function changePathOwner(
  path: PosixPath,
  uid: number,
  gid: number,
  directory = AT_FDCWD,
): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_change_path_owner(directory, bytes, bytes.length, uid, gid);
}

/** Cuts an open file off, or extends it with zeros. @returns 0 or a negative error number. */
export function truncateFile(fd: number, size: number): number {
  return posixLibrary().pbs_truncate(fd, BigInt(size));
}

/**
 * Sets the access time to now and leaves the modification time; symlinks are not followed.
 *
 * @returns 0 or a negative error number.
 */
export function touchAccessTime(path: PosixPath, directory = AT_FDCWD): number {
  const bytes = pathBytes(path);
  return posixLibrary().pbs_touch(directory, bytes, bytes.length);
}

/** Sets access and modification time, whole seconds. @returns 0 or a negative error number. */
export function setFileTimes(
  path: PosixPath,
  accessTime: number,
  modificationTime: number,
  directory = AT_FDCWD,
): number {
  const times = new BigInt64Array([BigInt(accessTime), 0n, BigInt(modificationTime), 0n]);
  const bytes = pathBytes(path);
  return posixLibrary().pbs_set_times(directory, bytes, bytes.length, times);
}

/** Gives a path access and modification time of another moment. @returns 0 or a negative error number. */
export function restoreFileTimes(path: PosixPath, stat: FileStat, directory = AT_FDCWD): number {
  const times = new BigInt64Array([
    BigInt(stat.accessTime),
    BigInt(stat.accessTimeNanoseconds),
    BigInt(stat.modificationTime),
    BigInt(stat.modificationTimeNanoseconds),
  ]);
  const bytes = pathBytes(path);
  return posixLibrary().pbs_set_times(directory, bytes, bytes.length, times);
}

/**
 * Writes a file's or folder's content to disk, on another thread. Called once: an error of a delayed
 * write is reported once.
 *
 * @returns 0 or a negative error number.
 */
export function syncFileLater(fd: number): Promise<number> {
  return posixLibrary().syncFileLater(fd);
}
