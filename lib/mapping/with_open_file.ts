import { errnoText } from "../../ffi/errno.ts";
import { closeFileLater, openFileLater } from "../../ffi/posix_files.ts";
import { SystemError } from "../errors/mod.ts";

/**
 * Opens a file for the time of a call. Both may have to wait for a FUSE file system of this process.
 *
 * @param flags As of `open`.
 * @throws {SystemError} if it cannot be opened.
 */
export async function withOpenFile<T>(
  path: string,
  flags: number,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const fd = await openFileLater(path, undefined, flags);
  if (fd < 0) throw new SystemError(-fd, `${path}: ${errnoText(-fd)}`);
  try {
    return await use(fd);
  } finally {
    await closeFileLater(fd);
  }
}
