import { libraryBesideNative } from "./native_library_path.ts";

const pointer = "pointer";
const buffer = "buffer";

/** Functions of libfuse's low-level interface. */
const SYMBOLS = {
  fuse_session_new: { parameters: [buffer, buffer, "usize", pointer], result: pointer },
  fuse_session_mount: { parameters: [pointer, buffer], result: "i32" },
  fuse_session_unmount: { parameters: [pointer], result: "void" },
  fuse_session_destroy: { parameters: [pointer], result: "void" },
  fuse_session_receive_buf: { parameters: [pointer, buffer], result: "i32" },
  fuse_session_fd: { parameters: [pointer], result: "i32" },
  fuse_session_process_buf: { parameters: [pointer, buffer], result: "void" },
  fuse_opt_free_args: { parameters: [buffer], result: "void" },
  fuse_set_log_func: { parameters: [pointer], result: "void" },
  fuse_reply_err: { parameters: [pointer, "i32"], result: "i32" },
  fuse_reply_none: { parameters: [pointer], result: "void" },
  fuse_reply_entry: { parameters: [pointer, buffer], result: "i32" },
  fuse_reply_attr: { parameters: [pointer, buffer, "f64"], result: "i32" },
  fuse_reply_readlink: { parameters: [pointer, buffer], result: "i32" },
  fuse_reply_open: { parameters: [pointer, buffer], result: "i32" },
  fuse_reply_buf: { parameters: [pointer, buffer, "usize"], result: "i32" },
  fuse_reply_statfs: { parameters: [pointer, buffer], result: "i32" },
  fuse_reply_xattr: { parameters: [pointer, "usize"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const C_SYMBOLS = {
  free: { parameters: [pointer], result: "void" },
  vsnprintf: { parameters: [buffer, "usize", pointer, pointer], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  poll: { parameters: [buffer, "usize", "i32"], result: "i32", nonblocking: true },
  umount2: { parameters: [buffer, "i32"], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of libfuse 3. */
export type FuseLibrary = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
type CLibrary = Deno.DynamicLibrary<typeof C_SYMBOLS>["symbols"];

/** Names of the shared object: the second one since libfuse 3.17, with the same layouts. */
const NAMES = ["libfuse3.so.3", "libfuse3.so.4"];

/** Bound once: the libraries stay open for the life of the process. */
let library: FuseLibrary | undefined;
/** Bound once, as above. */
let cLibrary: CLibrary | undefined;

/**
 * libfuse 3, loaded when it is first asked for: the one beside the native core, else that of the system;
 * `undefined` if there is none.
 */
export function fuseLibrary(): FuseLibrary | undefined {
  if (library !== undefined) return library;
  const own = libraryBesideNative(NAMES);
  if (own !== undefined) return library = Deno.dlopen(own, SYMBOLS).symbols;
  for (const name of NAMES) {
    try {
      return library = Deno.dlopen(name, SYMBOLS).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
  return undefined;
}

/** Functions of the C library that are needed beside libfuse; those that wait run on another thread. */
export function fuseCLibrary(): CLibrary {
  return cLibrary ??= Deno.dlopen("libc.so.6", C_SYMBOLS).symbols;
}
