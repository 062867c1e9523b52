import { Errno } from "../../ffi/errno.ts";
import { closeFile, openFile, OpenFlag, statFile } from "../../ffi/posix_files.ts";
import { concatBytes } from "../bytes/mod.ts";
import type { FileIdentity } from "./file_identity.ts";
import { isSameFile } from "./is_same_file.ts";

const SLASH = Uint8Array.of(0x2f);

/**
 * Opens a regular file that a walk has met and closed again, for reading.
 *
 * The path alone would not do: any part of it may have been replaced since, by a link that leads to
 * somebody else's file for example. So what is opened has to be the very file.
 *
 * @param source Path of the walk's source, raw bytes.
 * @param path Of the file, relative to the source.
 * @returns A descriptor to be closed, or a negative error number: `-ENOENT` also if there is another
 *   file now.
 */
export function reopenSourceFile(
  source: Uint8Array,
  path: Uint8Array,
  identity: FileIdentity,
): number {
  // A pipe in the file's place must not block.
  const flags = OpenFlag.READ | OpenFlag.NOFOLLOW | OpenFlag.NONBLOCK;
  const fd = openFile(concatBytes([source, SLASH, path]), flags);
  if (fd === -Errno.ELOOP || fd === -Errno.ENOTDIR || fd === -Errno.ENXIO) return -Errno.ENOENT;
  if (fd < 0) return fd;
  const stat = statFile(fd);
  const isSame = typeof stat !== "number" && stat.isFile && isSameFile(stat, identity);
  if (isSame) return fd;
  closeFile(fd);
  return typeof stat === "number" ? stat : -Errno.ENOENT;
}
