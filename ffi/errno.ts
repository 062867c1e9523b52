/** Bound once: the library stays open for the life of the process. */
let strerror: ((errno: number) => Deno.PointerValue) | undefined;

/**
 * The system's text for an error number, for example "No such file or directory".
 *
 * @param errno Positive Linux error number.
 */
export function errnoText(errno: number): string {
  strerror ??= Deno.dlopen("libc.so.6", {
    strerror: { parameters: ["i32"], result: "pointer" },
  }).symbols.strerror;
  const text = strerror(errno);
  return text === null ? `error ${errno}` : new Deno.UnsafePointerView(text).getCString();
}

/** Linux error numbers that the program acts upon. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ENOSPC: 28,
  EROFS: 30,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EOPNOTSUPP: 95,
  ENOTCONN: 107,
  ESTALE: 116,
  EDQUOT: 122,
  ECANCELED: 125,
} as const;
