import { openNative } from "./library.ts";
import { NativeFunction } from "./native_functions.ts";

/** Functions of `native/include/pbs_posix.h`; what ends in `Later` runs on another thread. */
const SYMBOLS = {
  pbs_open: NativeFunction.pbs_open,
  openLater: { name: "pbs_open", ...NativeFunction.pbs_open, nonblocking: true },
  openInRootLater: {
    name: "pbs_open_in_root",
    ...NativeFunction.pbs_open_in_root,
    nonblocking: true,
  },
  mountLater: { name: "pbs_mount", ...NativeFunction.pbs_mount, nonblocking: true },
  pbs_stat: NativeFunction.pbs_stat,
  statLater: { name: "pbs_stat", ...NativeFunction.pbs_stat, nonblocking: true },
  pbs_rename: NativeFunction.pbs_rename,
  pbs_rename_new: NativeFunction.pbs_rename_new,
  pbs_remove: NativeFunction.pbs_remove,
  pbs_make_folder: NativeFunction.pbs_make_folder,
  makeNumberedFoldersLater: {
    name: "pbs_make_numbered_folders",
    ...NativeFunction.pbs_make_numbered_folders,
    nonblocking: true,
  },
  pbs_change_path_owner: NativeFunction.pbs_change_path_owner,
  pbs_change_path_mode: NativeFunction.pbs_change_path_mode,
  pbs_set_times: NativeFunction.pbs_set_times,
  pbs_touch: NativeFunction.pbs_touch,
  pbs_file_system_space: NativeFunction.pbs_file_system_space,
  pbs_close: NativeFunction.pbs_close,
  closeLater: { name: "pbs_close", ...NativeFunction.pbs_close, nonblocking: true },
  readLater: { name: "pbs_read_at", ...NativeFunction.pbs_read_at, nonblocking: true },
  readNextLater: { name: "pbs_read_next", ...NativeFunction.pbs_read_next, nonblocking: true },
  pbs_write_at: NativeFunction.pbs_write_at,
  writeLater: { name: "pbs_write_at", ...NativeFunction.pbs_write_at, nonblocking: true },
  pbs_read_folder: NativeFunction.pbs_read_folder,
  pbs_truncate: NativeFunction.pbs_truncate,
  pbs_change_mode: NativeFunction.pbs_change_mode,
  pbs_change_owner: NativeFunction.pbs_change_owner,
  syncFileLater: { name: "pbs_sync_file", ...NativeFunction.pbs_sync_file, nonblocking: true },
  syncFileSystemLater: {
    name: "pbs_sync_file_system",
    ...NativeFunction.pbs_sync_file_system,
    nonblocking: true,
  },
  pbs_lock_file: NativeFunction.pbs_lock_file,
  pbs_lock_record: NativeFunction.pbs_lock_record,
  pbs_effective_uid: NativeFunction.pbs_effective_uid,
  pbs_effective_gid: NativeFunction.pbs_effective_gid,
  pbs_umask: NativeFunction.pbs_umask,
  pbs_leave_terminal: NativeFunction.pbs_leave_terminal,
  pbs_open_files_max: NativeFunction.pbs_open_files_max,
  pbs_find_free_loop: NativeFunction.pbs_find_free_loop,
  attachLoopLater: {
    name: "pbs_attach_loop",
    ...NativeFunction.pbs_attach_loop,
    nonblocking: true,
  },
  storePagesLater: {
    name: "pbs_store_pages",
    ...NativeFunction.pbs_store_pages,
    nonblocking: true,
  },
  detachLoopLater: {
    name: "pbs_detach_loop",
    ...NativeFunction.pbs_detach_loop,
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type PosixLibrary = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Bound once: the library stays open for the life of the process. */
let symbols: PosixLibrary | undefined;

/** The native core's system calls, bound on first use. For the other `posix_*.ts` files only. */
export function posixLibrary(): PosixLibrary {
  return symbols ??= openNative(SYMBOLS);
}

/** A path as text, or as bytes where it need not be text. Without NUL at the end. */
export type PosixPath = string | Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/**
 * A path's bytes.
 *
 * @throws {TypeError} if it contains NUL, where the system would take it to end.
 */
export function pathBytes(path: PosixPath): Uint8Array<ArrayBuffer> {
  const bytes = typeof path === "string" ? encoder.encode(path) : path;
  if (bytes.includes(0)) {
    const text = typeof path === "string" ? path : new TextDecoder().decode(path);
    throw new TypeError(`path ${JSON.stringify(text)} contains a NUL character`);
  }
  return bytes;
}

/** Of the process: memory that calls under way use. */
const inUse = new Set<ArrayBufferView>();

/** Keeps memory from being collected while a call on another thread uses it. */
export async function whileHeld<T>(call: Promise<T>, ...memory: ArrayBufferView[]): Promise<T> {
  for (const view of memory) inUse.add(view);
  try {
    return await call;
  } finally {
    for (const view of memory) inUse.delete(view);
  }
}

/** Stands for the working directory where a directory handle is wanted. */
export const AT_FDCWD = -100;
