import { closeFile, FileStat, openFile, statFile } from "../../ffi/posix_files.ts";

/** Opens a name without opening what it stands for: no permission to read is needed, no FIFO waits. */
const O_PATH = 0o10000000;

/**
 * Metadata of what a path leads to, symbolic links followed.
 *
 * @param path Raw bytes.
 * @param inspect Called with the metadata and a descriptor that is closed afterwards.
 * @returns What `inspect` returns, or a negative error number.
 */
export function withSourceStat<T>(
  path: Uint8Array,
  inspect: (stat: FileStat, fd: number) => T,
): T | number {
  const fd = openFile(path.slice(), O_PATH);
  if (fd < 0) return fd;
  try {
    const stat = statFile(fd);
    return stat instanceof FileStat ? inspect(stat, fd) : stat;
  } finally {
    closeFile(fd);
  }
}
