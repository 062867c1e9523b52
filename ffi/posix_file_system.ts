import { closeFile, openFile, OpenFlag } from "./posix_files.ts";
import { cPath, negativeErrno, posixLibrary, resultOf } from "./posix_library.ts";

/** Space of a file system, bytes. */
export interface FileSystemSpace {
  readonly total: number;
  /** What is free for everybody, and for the superuser. */
  readonly free: number;
  /** What is free for ordinary users. */
  readonly available: number;
}

/** Space of the file system that holds `path`. @returns The space, or a negative error number. */
export function fileSystemSpace(path: string): FileSystemSpace | number {
  const bytes = new Uint8Array(128);
  if (posixLibrary().statvfs(cPath(path), bytes) < 0) return negativeErrno();
  // struct statvfs, 64 bit: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail.
  const view = new DataView(bytes.buffer);
  const unit = Number(view.getBigUint64(8, true));
  return {
    total: unit * Number(view.getBigUint64(16, true)),
    free: unit * Number(view.getBigUint64(24, true)),
    available: unit * Number(view.getBigUint64(32, true)),
  };
}

/**
 * Writes everything that is pending on the file system of `path` to disk, on another thread.
 *
 * @returns 0 or a negative error number.
 */
export async function syncFileSystem(path: string): Promise<number> {
  const fd = openFile(path, OpenFlag.READ);
  if (fd < 0) return fd;
  try {
    if (await posixLibrary().syncfsLater(fd) === 0) return 0;
    return resultOf(posixLibrary().syncfs(fd));
  } finally {
    closeFile(fd);
  }
}

/** Effective user and group id of the process. */
export function effectiveIds(): { uid: number; gid: number } {
  return { uid: posixLibrary().geteuid(), gid: posixLibrary().getegid() };
}

/** Permission bits that the process takes away from what it creates. */
export function currentUmask(): number {
  const mask = posixLibrary().umask(0o022);
  posixLibrary().umask(mask);
  return mask;
}

/**
 * Runs something as if another user touched the files, on this thread only. For the superuser.
 *
 * @param body Must do everything before it returns: what it starts on other threads is not covered.
 */
export function withFileUser<T>(uid: number, gid: number, body: () => T): T {
  const library = posixLibrary();
  const previousGid = library.setfsgid(gid);
  const previousUid = library.setfsuid(uid);
  try {
    return body();
  } finally {
    library.setfsuid(previousUid);
    library.setfsgid(previousGid);
  }
}
