import type { FailingCall, LoggedCall } from "./fail_calls.ts";

/** Calls that differ only in digits and random letters of their paths. */
export interface CallClass {
  readonly call: string;
  /** Pattern of the path without the folder that was watched, or `tcp`. */
  readonly glob: string;
  /** How many there were. */
  readonly count: number;
}

const EPERM = 1;
const EIO = 5;
const EACCES = 13;
const EMFILE = 24;
const ENOSPC = 28;
const EPIPE = 32;
const ENOLCK = 37;
const ECONNRESET = 104;
const ECONNREFUSED = 111;
const EDQUOT = 122;

const READ = [EIO];
const LOOK = [EIO, EACCES];
const CHANGE = [ENOSPC, EDQUOT, EIO, EACCES];
const WRITE = [ENOSPC, EIO, EDQUOT];

/** What each call can meet; the first error is the one that tells most. */
const ERRORS: Readonly<Record<string, readonly number[]>> = {
  openat: [EMFILE, EACCES, EIO],
  "openat-directory": [EACCES, EMFILE, EIO],
  "openat-write": [EACCES, EMFILE, EIO],
  "openat-create": [ENOSPC, EMFILE, EACCES, EIO, EDQUOT],
  openat2: [EMFILE, EACCES, EIO],
  read: READ,
  readv: READ,
  pread64: READ,
  preadv: READ,
  mmap: READ,
  getdents64: READ,
  lseek: READ,
  fsync: [EIO, ENOSPC, EDQUOT],
  fdatasync: [EIO, ENOSPC, EDQUOT],
  syncfs: [EIO, ENOSPC, EDQUOT],
  close: [EIO, EDQUOT, ENOSPC],
  flock: [ENOLCK, EIO],
  "fcntl-lock": [ENOLCK, EIO],
  // A file system that refuses is asked no more, so that EPERM comes last.
  fchown: [EIO, EDQUOT, EPERM],
  fchownat: [EIO, EDQUOT, EPERM],
  fchmod: [EIO, EPERM],
  fchmodat: [EIO, EPERM],
  utimensat: [EPERM, EIO],
  ioctl: [EIO, EPERM],
  accept4: [EMFILE],
  connect: [ECONNREFUSED],
  recvfrom: [ECONNRESET],
  sendto: [EPIPE],
};
const CHANGING =
  /^(rename|link|symlink|mkdir|mknod|rmdir|unlink|f?truncate|fallocate|.*setxattr|copy_file)/;

/** The errors to try on a call, the most telling one first. */
export function errorsOf({ call, glob }: Pick<CallClass, "call" | "glob">): readonly number[] {
  if (glob === "tcp" && !(/accept|connect/.test(call))) {
    return /write|send/.test(call) ? [EPIPE] : [ECONNRESET];
  }
  if (/^unlink|^rmdir/.test(call)) return [EIO, EACCES];
  return ERRORS[call] ?? (/write/.test(call) ? WRITE : CHANGING.test(call) ? CHANGE : LOOK);
}

/**
 * A path as a pattern for all of its kind: chunks, snapshots and task logs by the time and process
 * they are named for, and temporary files.
 */
export function globOf(path: string): string {
  const digit = "[0-9]";
  const hex = "[0-9a-f]";
  return path
    .replaceAll("[", "?").replaceAll("\\", "?").replaceAll("*", "?")
    .replace(/(?<=\.tmp_)(?!didx|fidx)\w+/g, (name) => "?".repeat(name.length))
    .replace(/(?<=\/tasks\/)[0-9A-F]{2}(?=\/|$)|UPID:[^/]*/g, "*")
    .replace(
      /(?<=[/\w])[0-9a-f]{64}|(?<=\.chunks\/)[0-9a-f]{4}/g,
      (name) => hex.repeat(name.length),
    )
    // Times of snapshots, as folders have them and escaped in the names of locks.
    .replace(
      /\d{4}(-|\?x2d)\d\d\1\d\dT\d\d(:|\?x3a)\d\d\2\d\dZ/g,
      (time) => time.replace(/x2d|x3a|\d/g, (part) => part.length > 1 ? part : digit),
    );
}

/** The classes of logged calls, in order of their first calls. @param root Folder that was watched. */
export function classesOf(calls: readonly LoggedCall[], root: string): CallClass[] {
  const found = new Map<string, CallClass>();
  for (const { call, path } of calls) {
    const glob = globOf(path.startsWith(root) ? path.slice(root.length) : path);
    const key = `${call} ${glob}`;
    found.set(key, { call, glob, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/** How much of the matrix is tried. */
export type MatrixExtent = "sample" | "full";

/**
 * The calls to let fail, one at a time: the first one of each class with its most telling error; in
 * full, also one in the middle and the last one, with every error.
 */
export function matrixOf(
  classes: readonly CallClass[],
  root: string,
  extent: MatrixExtent,
): FailingCall[] {
  return classes.flatMap((each) => {
    const { call, count } = each;
    const glob = each.glob === "tcp" ? "tcp" : root + each.glob;
    const errors = errorsOf(each);
    if (extent === "sample") return [{ call, glob, nth: 1, errno: errors[0]! }];
    const places = new Set([1, Math.ceil((1 + count) / 2), count]);
    return [...places].flatMap((nth) => errors.map((errno) => ({ call, glob, nth, errno })));
  });
}
