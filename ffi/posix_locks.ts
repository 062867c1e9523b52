import { posixLibrary } from "./posix_library.ts";

const FlockOperation = { shared: 1, exclusive: 2, none: 8 } as const;
const RecordType = { shared: 0, exclusive: 1, none: 2 } as const;

/** State that a lock is to have. */
export type LockMode = "shared" | "exclusive" | "none";

/**
 * Locks an open file with `flock`, without waiting. The lock belongs to the open file: closing the
 * descriptor gives it back.
 *
 * @returns 0, `-EAGAIN` if somebody else holds it, or another negative error number.
 */
export function lockFile(fd: number, mode: LockMode): number {
  return posixLibrary().pbs_lock_file(fd, FlockOperation[mode]);
}

/**
 * Sets a POSIX record lock on the whole of an open file, without waiting. The lock belongs to the
 * process: closing *any* descriptor of that file gives it back. A shared lock needs a file that is
 * open for reading, an exclusive one for writing.
 *
 * @returns 0, `-EAGAIN` or `-EACCES` if another process holds it, or another negative error number.
 */
export function lockRecord(fd: number, mode: LockMode): number {
  return posixLibrary().pbs_lock_record(fd, RecordType[mode]);
}
