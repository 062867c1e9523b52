import { Errno } from "./errno.ts";

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  close: { parameters: ["i32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fchownat: { parameters: ["i32", "buffer", "u32", "u32", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  fsyncLater: { name: "fsync", parameters: ["i32"], result: "i32", nonblocking: true },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  getegid: { parameters: [], result: "u32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  openatLater: {
    name: "openat",
    parameters: ["i32", "buffer", "i32", "u32"],
    result: "i32",
    nonblocking: true,
  },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  preadLater: {
    name: "pread",
    parameters: ["i32", "buffer", "usize", "i64"],
    result: "isize",
    nonblocking: true,
  },
  pwrite: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  pwriteLater: {
    name: "pwrite",
    parameters: ["i32", "buffer", "usize", "i64"],
    result: "isize",
    nonblocking: true,
  },
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  setfsgid: { parameters: ["u32"], result: "i32" },
  setfsuid: { parameters: ["u32"], result: "i32" },
  statvfs: { parameters: ["buffer", "buffer"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  statxLater: {
    name: "statx",
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  syncfs: { parameters: ["i32"], result: "i32" },
  syncfsLater: { name: "syncfs", parameters: ["i32"], result: "i32", nonblocking: true },
  umask: { parameters: ["u32"], result: "u32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  utimensat: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type PosixLibrary = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let symbols: PosixLibrary | undefined;
let errnoView: Deno.UnsafePointerView | undefined;

/** The C library's calls, bound on first use. For the other `posix_*.ts` files only. */
export function posixLibrary(): PosixLibrary {
  symbols ??= Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  return symbols;
}

/**
 * The negative error number of the synchronous call that has just failed. Not for calls that ran on
 * another thread: error numbers belong to threads.
 */
export function negativeErrno(): number {
  errnoView ??= new Deno.UnsafePointerView(posixLibrary().__errno_location()!);
  return -(errnoView.getInt32() || Errno.EIO);
}

/** The result of a synchronous call that returns -1 on failure, or its negative error number. */
export function resultOf(result: number): number {
  return result < 0 ? negativeErrno() : result;
}

const encoder = new TextEncoder();

/** A path as the C library takes it. Must not contain NUL, which would cut it off. */
export function cPath(path: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(path + "\0");
  if (bytes.indexOf(0) !== bytes.length - 1) throw new TypeError(`path "${path}" contains NUL`);
  return bytes;
}

/** Stands for the working directory where a directory handle is wanted. */
export const AT_FDCWD = -100;
