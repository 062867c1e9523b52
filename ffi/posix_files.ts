import { AT_FDCWD, cPath, negativeErrno, posixLibrary, resultOf } from "./posix_library.ts";

const isArm = Deno.build.arch === "aarch64";

/** Flags of {@linkcode openFile}; `O_CLOEXEC` is always added. */
export const OpenFlag = {
  READ: 0,
  WRITE: 1,
  READ_WRITE: 2,
  CREATE: 0o100,
  EXCLUSIVE: 0o200,
  TRUNCATE: 0o1000,
  NONBLOCK: 0o4000,
  DIRECTORY: isArm ? 0o40000 : 0o200000,
  NOFOLLOW: isArm ? 0o100000 : 0o400000,
} as const;

const O_CLOEXEC = 0o2000000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_SIZE = 256;
const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;

/** A path, or its bytes ending in NUL where one was prepared. */
export type PosixPath = string | Uint8Array<ArrayBuffer>;

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
  get isFile(): boolean {
    return (this.mode & 0o170000) === 0o100000;
  }
  get isDirectory(): boolean {
    return (this.mode & 0o170000) === 0o040000;
  }
}

function toC(path: PosixPath): Uint8Array<ArrayBuffer> {
  return typeof path === "string" ? cPath(path) : path;
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
  return resultOf(posixLibrary().openat(directory, toC(path), flags | O_CLOEXEC, mode));
}

/** {@linkcode openFile} for reading on another thread, for paths that may be slow to look up. */
export async function openFileLater(path: PosixPath, directory = AT_FDCWD): Promise<number> {
  const bytes = toC(path);
  const fd = await posixLibrary().openatLater(directory, bytes, O_CLOEXEC, 0);
  // The error number stayed on the other thread: fail once more to learn it.
  return fd >= 0 ? fd : openFile(bytes, OpenFlag.READ, 0, directory);
}

/** Closes a descriptor. */
export function closeFile(fd: number): void {
  posixLibrary().close(fd);
}

/**
 * Metadata of a path; symlinks are not followed.
 *
 * @returns The metadata, or a negative error number.
 */
export function statPath(path: PosixPath, directory = AT_FDCWD): FileStat | number {
  const bytes = new Uint8Array(STATX_SIZE);
  const status = posixLibrary().statx(
    directory,
    toC(path),
    AT_SYMLINK_NOFOLLOW,
    STATX_BASIC_STATS,
    bytes,
  );
  return status < 0 ? negativeErrno() : new FileStat(bytes);
}

/** Looks a path up on another thread, so that a {@linkcode statPath} after it does not wait. */
export async function warmPath(path: PosixPath, directory = AT_FDCWD): Promise<void> {
  const bytes = new Uint8Array(STATX_SIZE);
  await posixLibrary().statxLater(
    directory,
    toC(path),
    AT_SYMLINK_NOFOLLOW,
    STATX_BASIC_STATS,
    bytes,
  );
}

/** Metadata of an open file. @returns The metadata, or a negative error number. */
export function statFile(fd: number): FileStat | number {
  const bytes = new Uint8Array(STATX_SIZE);
  const status = posixLibrary().statx(fd, cPath(""), AT_EMPTY_PATH, STATX_BASIC_STATS, bytes);
  return status < 0 ? negativeErrno() : new FileStat(bytes);
}

/**
 * Reads into `buffer` until it is full or the file ends, on another thread.
 *
 * @param buffer Must stay as it is until the call has settled; native memory is fine.
 * @returns Bytes read, or a negative error number.
 */
export async function readLater(fd: number, buffer: Uint8Array, offset: number): Promise<number> {
  const library = posixLibrary();
  let done = 0;
  while (done < buffer.byteLength) {
    const rest = buffer.subarray(done) as Uint8Array<ArrayBuffer>;
    const at = BigInt(offset + done);
    let count = Number(await library.preadLater(fd, rest, BigInt(rest.byteLength), at));
    if (count < 0) count = Number(library.pread(fd, rest, BigInt(rest.byteLength), at));
    if (count < 0) return negativeErrno();
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** {@linkcode readLater} on this thread, for small reads of files that are surely at hand. */
export function readNow(fd: number, buffer: Uint8Array, offset: number): number {
  let done = 0;
  while (done < buffer.byteLength) {
    const rest = buffer.subarray(done) as Uint8Array<ArrayBuffer>;
    const count = Number(
      posixLibrary().pread(fd, rest, BigInt(rest.byteLength), BigInt(offset + done)),
    );
    if (count < 0) return negativeErrno();
    if (count === 0) break;
    done += count;
  }
  return done;
}

/**
 * Writes all of `bytes` on another thread.
 *
 * @param bytes Must stay as they are until the call has settled; native memory is fine.
 * @returns 0, or a negative error number; some of the bytes may have been written then.
 */
export async function writeLater(fd: number, bytes: Uint8Array, offset: number): Promise<number> {
  const library = posixLibrary();
  let done = 0;
  while (done < bytes.byteLength) {
    const rest = bytes.subarray(done) as Uint8Array<ArrayBuffer>;
    const at = BigInt(offset + done);
    let count = Number(await library.pwriteLater(fd, rest, BigInt(rest.byteLength), at));
    if (count < 0) count = Number(library.pwrite(fd, rest, BigInt(rest.byteLength), at));
    if (count < 0) return negativeErrno();
    done += count;
  }
  return 0;
}

/** {@linkcode writeLater} on this thread, for small files. */
export function writeNow(fd: number, bytes: Uint8Array, offset: number): number {
  let done = 0;
  while (done < bytes.byteLength) {
    const rest = bytes.subarray(done) as Uint8Array<ArrayBuffer>;
    const count = Number(
      posixLibrary().pwrite(fd, rest, BigInt(rest.byteLength), BigInt(offset + done)),
    );
    if (count < 0) return negativeErrno();
    done += count;
  }
  return 0;
}

/** Renames within one file system, replacing what is there. @returns 0 or a negative error number. */
export function renameFile(from: PosixPath, to: PosixPath, directory = AT_FDCWD): number {
  return resultOf(posixLibrary().renameat(directory, toC(from), directory, toC(to)));
}

/** Removes a file. @returns 0 or a negative error number. */
export function removeFile(path: PosixPath, directory = AT_FDCWD): number {
  return resultOf(posixLibrary().unlinkat(directory, toC(path), 0));
}

/** Removes an empty folder. @returns 0 or a negative error number. */
export function removeFolder(path: PosixPath, directory = AT_FDCWD): number {
  return resultOf(posixLibrary().unlinkat(directory, toC(path), AT_REMOVEDIR));
}

/** Creates one folder. The umask takes bits of `mode` away. @returns 0 or a negative error number. */
export function makeFolder(path: PosixPath, mode: number, directory = AT_FDCWD): number {
  return resultOf(posixLibrary().mkdirat(directory, toC(path), mode));
}

/** Sets the permission bits of an open file. @returns 0 or a negative error number. */
export function changeMode(fd: number, mode: number): number {
  return resultOf(posixLibrary().fchmod(fd, mode));
}

/** Sets the owner of an open file. @returns 0 or a negative error number. */
export function changeOwner(fd: number, uid: number, gid: number): number {
  return resultOf(posixLibrary().fchown(fd, uid, gid));
}

/** Sets the owner of a path; a symlink itself, not its target. @returns 0 or a negative error number. */
export function changePathOwner(
  path: PosixPath,
  uid: number,
  gid: number,
  directory = AT_FDCWD,
): number {
  return resultOf(
    posixLibrary().fchownat(directory, toC(path), uid, gid, AT_SYMLINK_NOFOLLOW),
  );
}

/** Cuts an open file off, or extends it with zeros. @returns 0 or a negative error number. */
export function truncateFile(fd: number, size: number): number {
  return resultOf(posixLibrary().ftruncate(fd, BigInt(size)));
}

const accessNow = (() => {
  const times = new BigInt64Array(4);
  times[1] = BigInt(UTIME_NOW);
  times[3] = BigInt(UTIME_OMIT);
  return new Uint8Array(times.buffer);
})();

/**
 * Sets the access time to now and leaves the modification time; symlinks are not followed.
 *
 * @returns 0 or a negative error number.
 */
export function touchAccessTime(path: PosixPath, directory = AT_FDCWD): number {
  return resultOf(
    posixLibrary().utimensat(directory, toC(path), accessNow, AT_SYMLINK_NOFOLLOW),
  );
}

/** Sets access and modification time, whole seconds. @returns 0 or a negative error number. */
export function setFileTimes(
  path: PosixPath,
  accessTime: number,
  modificationTime: number,
  directory = AT_FDCWD,
): number {
  const times = new BigInt64Array([BigInt(accessTime), 0n, BigInt(modificationTime), 0n]);
  return resultOf(
    posixLibrary().utimensat(
      directory,
      toC(path),
      new Uint8Array(times.buffer),
      AT_SYMLINK_NOFOLLOW,
    ),
  );
}

/** Writes a file's or folder's content to disk, on another thread. @returns 0 or a negative error number. */
export async function syncFileLater(fd: number): Promise<number> {
  return await posixLibrary().fsyncLater(fd) === 0 ? 0 : resultOf(posixLibrary().fsync(fd));
}
