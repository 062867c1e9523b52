import { pathBytes, posixLibrary } from "./posix_library.ts";

/** Space of a file system, bytes. */
export interface FileSystemSpace {
  readonly total: number;
  /** Bytes free for the superuser. */
  readonly free: number;
  /** Bytes free for ordinary users. */
  readonly available: number;
}

/** Space of the file system that holds `path`. @returns The space, or a negative error number. */
export function fileSystemSpace(path: string): FileSystemSpace | number {
  const values = new BigUint64Array(3);
  const bytes = pathBytes(path);
  const status = posixLibrary().pbs_file_system_space(bytes, bytes.length, values);
  if (status < 0) return status;
  const [total = 0, free = 0, available = 0] = Array.from(values, Number);
  return { total, free, available };
}

/**
 * Writes everything that is pending on the file system of an open file to disk, on another thread.
 * Called once: reports what has failed since the descriptor was opened.
 *
 * @returns 0 or a negative error number.
 */
export function syncFileSystem(fd: number): Promise<number> {
  return posixLibrary().syncFileSystemLater(fd);
}

/** Effective user and group id of the process. */
export function effectiveIds(): { uid: number; gid: number } {
  return { uid: posixLibrary().pbs_effective_uid(), gid: posixLibrary().pbs_effective_gid() };
}

/** Permission bits that the process takes away from what it creates. */
export function currentUmask(): number {
  const mask = posixLibrary().pbs_umask(0o022);
  posixLibrary().pbs_umask(mask);
  return mask;
}
