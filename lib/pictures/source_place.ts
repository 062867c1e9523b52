import { closeFile, openFile, OpenFlag, statFile } from "../../ffi/posix_files.ts";
import { errnoText } from "../../ffi/errno.ts";
import { quotePath } from "../bytes/mod.ts";
import { SystemError, UsageError } from "../errors/mod.ts";
import type { Mount } from "./mount_table.ts";

/** Opens a name without opening what it stands for. */
export const O_PATH = 0o10000000;
const TYPE_MASK = 0o170000;
const TYPES: Readonly<Record<number, SourcePlace["type"]>> = {
  0o040000: "directory",
  0o100000: "file",
  0o060000: "block-device",
};

/** Position of a source in the file systems of the machine. */
export interface SourcePlace {
  /** Without symbolic links. */
  readonly path: string;
  readonly type: "directory" | "file" | "block-device" | "other";
  readonly mount: Mount;
  /** Path within the file system, which need not be mounted as a whole. */
  readonly innerPath: string;
  /** Device that files here show, `major:minor`: each subvolume of btrfs has its own. */
  readonly device: string;
  /** Device that a device file stands for. */
  readonly deviceNumber: string;
}

/**
 * Finds out where a path leads.
 *
 * @param path Raw bytes, or text.
 * @param followsLink Whether a symbolic link at its end is followed.
 * @throws {SystemError} if it cannot be reached.
 * @throws {UsageError} if it is no UTF-8 text or its mount is not listed.
 */
export function placeOf(
  path: Uint8Array | string,
  table: readonly Mount[],
  followsLink = true,
): SourcePlace {
  const fd = openFile(
    typeof path === "string" ? path : path.slice(),
    O_PATH | (followsLink ? 0 : OpenFlag.NOFOLLOW),
  );
  const shown = typeof path === "string" ? `'${path}'` : quotePath(path);
  if (fd < 0) throw new SystemError(-fd, `unable to access ${shown} - ${errnoText(-fd)}`);
  try {
    const stat = statFile(fd);
    if (typeof stat === "number") {
      throw new SystemError(-stat, `unable to access ${shown} - ${errnoText(-stat)}`);
    }
    const real = Deno.readLinkSync(`/proc/self/fd/${fd}`);
    if (real.includes("\ufffd")) {
      throw new UsageError(`--snapshot needs paths that are UTF-8 text, ${shown} is none`);
    }
    const id = mountIdOf(fd);
    const mount = table.find((mount) => mount.id === id);
    if (mount === undefined) {
      throw new UsageError(`the mount that ${shown} lies on is not in the table of mounts`);
    }
    return {
      path: real,
      type: typeOf(stat.mode),
      mount,
      innerPath: joinPath(mount.root, pathBelow(real, mount.mountPoint) ?? ""),
      device: stat.device,
      deviceNumber: stat.deviceNumber,
    };
  } finally {
    closeFile(fd);
  }
}

/** Kind of a file by its mode. */
export function typeOf(mode: number): SourcePlace["type"] {
  return TYPES[mode & TYPE_MASK] ?? "other";
}

/** Number of the mount that an open file lies on. */
export function mountIdOf(fd: number): number {
  const text = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
  return Number(/^mnt_id:\s*(\d+)$/m.exec(text)?.[1]);
}

/**
 * The rest of a path after a folder that it lies in, without a slash at its start.
 *
 * @returns "" for the folder itself, undefined for what lies elsewhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(pathBelow("/a/b/c", "/a"), "b/c");
 * assertEquals(pathBelow("/ab", "/a"), undefined);
 * assertEquals(pathBelow("/ab", "/"), "ab");
 * ```
 */
export function pathBelow(path: string, folder: string): string | undefined {
  if (path === folder) return "";
  const start = folder.endsWith("/") ? folder : `${folder}/`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

/** A path below a folder; the folder itself for "". */
export function joinPath(folder: string, below: string): string {
  if (below === "") return folder;
  return folder.endsWith("/") ? `${folder}${below}` : `${folder}/${below}`;
}
