import { openNative } from "./library.ts";

const OPEN = { parameters: ["i32", "buffer", "u32", "i32", "u32"], result: "i32" } as const;
const STAT = { parameters: ["i32", "buffer", "u32", "buffer"], result: "i32" } as const;
const READ_AT = { parameters: ["i32", "buffer", "usize", "i64"], result: "i64" } as const;
const WRITE_AT = { parameters: ["i32", "buffer", "usize", "i64"], result: "i32" } as const;
const ON_DESCRIPTOR = { parameters: ["i32"], result: "i32" } as const;
const TWO_NUMBERS = { parameters: ["i32", "u32"], result: "i32" } as const;

/** Functions of `native/include/pbs_posix.h`; what ends in `Later` runs on another thread. */
const SYMBOLS = {
  pbs_open: OPEN,
  openLater: { name: "pbs_open", ...OPEN, nonblocking: true },
  pbs_stat: STAT,
  statLater: { name: "pbs_stat", ...STAT, nonblocking: true },
  pbs_rename: { parameters: ["i32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  pbs_rename_new: { parameters: ["i32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  pbs_remove: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  pbs_make_folder: { parameters: ["i32", "buffer", "u32", "u32"], result: "i32" },
  makeNumberedFoldersLater: {
    name: "pbs_make_numbered_folders",
    parameters: ["i32", "u32", "u32", "u32", "u32", "u32", "u32"],
    result: "i32",
    nonblocking: true,
  },
  pbs_change_path_owner: { parameters: ["i32", "buffer", "u32", "u32", "u32"], result: "i32" },
  pbs_change_path_mode: { parameters: ["i32", "buffer", "u32", "u32"], result: "i32" },
  pbs_set_times: { parameters: ["i32", "buffer", "u32", "buffer"], result: "i32" },
  pbs_touch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  pbs_file_system_space: { parameters: ["buffer", "u32", "buffer"], result: "i32" },
  pbs_close: ON_DESCRIPTOR,
  closeLater: { name: "pbs_close", ...ON_DESCRIPTOR, nonblocking: true },
  readLater: { name: "pbs_read_at", ...READ_AT, nonblocking: true },
  readNextLater: {
    name: "pbs_read_next",
    parameters: ["i32", "buffer", "usize"],
    result: "i64",
    nonblocking: true,
  },
  pbs_write_at: WRITE_AT,
  writeLater: { name: "pbs_write_at", ...WRITE_AT, nonblocking: true },
  pbs_read_folder: { parameters: ["i32", "buffer", "usize"], result: "i64" },
  pbs_truncate: { parameters: ["i32", "i64"], result: "i32" },
  pbs_change_mode: TWO_NUMBERS,
  pbs_change_owner: { parameters: ["i32", "u32", "u32"], result: "i32" },
  syncFileLater: { name: "pbs_sync_file", ...ON_DESCRIPTOR, nonblocking: true },
  syncFileSystemLater: { name: "pbs_sync_file_system", ...ON_DESCRIPTOR, nonblocking: true },
  pbs_lock_file: { parameters: ["i32", "i32"], result: "i32" },
  pbs_lock_record: { parameters: ["i32", "i32"], result: "i32" },
  pbs_effective_uid: { parameters: [], result: "u32" },
  pbs_effective_gid: { parameters: [], result: "u32" },
  pbs_umask: { parameters: ["u32"], result: "u32" },
  pbs_open_files_max: { parameters: [], result: "i64" },
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
