import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compileC } from "../tests/support/compile_c.ts";
import { testWithPeers } from "../tests/support/with_peers.ts";
import { Errno } from "./errno.ts";
import { MACHINE_LAYOUTS, type MachineLayout } from "./machine_layout.ts";
import { OpenFlag } from "./posix_files.ts";

const HEADERS = "stddef errno fcntl poll time malloc linux/loop linux/fs sys/stat sys/statvfs " +
  "sys/socket sys/un sys/file sys/mount";

/** Numbers that `ffi` and `lib` take to be the same on every machine; names as in C. */
const EVERYWHERE: Readonly<Record<string, number>> = {
  O_RDONLY: OpenFlag.READ,
  O_WRONLY: OpenFlag.WRITE,
  O_RDWR: OpenFlag.READ_WRITE,
  O_CREAT: OpenFlag.CREATE,
  O_EXCL: OpenFlag.EXCLUSIVE,
  O_TRUNC: OpenFlag.TRUNCATE,
  O_NONBLOCK: OpenFlag.NONBLOCK,
  O_PATH: 0o10000000,
  AT_FDCWD: -100,
  AT_REMOVEDIR: 0x200,
  F_GETFL: 3,
  F_SETFL: 4,
  F_RDLCK: 0,
  F_WRLCK: 1,
  F_UNLCK: 2,
  LOCK_SH: 1,
  LOCK_EX: 2,
  LOCK_UN: 8,
  POLLIN: 1,
  MNT_DETACH: 2,
  AF_UNIX: 1,
  "SOCK_DGRAM | SOCK_CLOEXEC": 0x80002,
  MSG_NOSIGNAL: 0x4000,
  M_MMAP_THRESHOLD: -3,
  LO_FLAGS_READ_ONLY: 1,
  LO_FLAGS_PARTSCAN: 8,
  FS_IOC_GETFLAGS: 0x80086601,
  FS_IOC_SETFLAGS: 0x40086602,
  FS_IOC_FSGETXATTR: 0x801c581f,
  FS_IOC_FSSETXATTR: 0x401c5820,
  "sizeof(struct statx)": 256,
  "offsetof(struct statx, stx_uid)": 20,
  "offsetof(struct statx, stx_mode)": 28,
  "offsetof(struct statx, stx_ino)": 32,
  "offsetof(struct statx, stx_size)": 40,
  "offsetof(struct statx, stx_atime)": 64,
  "offsetof(struct statx, stx_mtime)": 112,
  "offsetof(struct statx, stx_dev_major)": 136,
  "sizeof(struct tm)": 56,
  "offsetof(struct tm, tm_gmtoff)": 40,
  "sizeof(struct pollfd)": 8,
  "offsetof(struct pollfd, events)": 4,
  "sizeof(struct statvfs)": 112,
  "offsetof(struct statvfs, f_frsize)": 8,
  "offsetof(struct statvfs, f_blocks)": 16,
  "offsetof(struct statvfs, f_files)": 40,
  "offsetof(struct statvfs, f_namemax)": 80,
  "offsetof(struct sockaddr_un, sun_path)": 2,
};

/** Numbers of one kind of machine. */
function ofMachine({ openDirectory, openNoFollow, stat }: MachineLayout): Record<string, number> {
  const field = (name: string) => `offsetof(struct stat, ${name})`;
  return {
    O_DIRECTORY: openDirectory,
    O_NOFOLLOW: openNoFollow,
    [field("st_ino")]: stat.inode,
    [field("st_mode")]: stat.mode,
    [field("st_nlink")]: stat.links,
    [field("st_uid")]: stat.uid,
    [field("st_gid")]: stat.gid,
    [field("st_rdev")]: stat.device,
    [field("st_size")]: stat.size,
    [field("st_blksize")]: stat.blockSize,
    [field("st_blocks")]: stat.blocks,
    [field("st_atim")]: stat.times[0],
    [field("st_mtim")]: stat.times[1],
    [field("st_ctim")]: stat.times[2],
    "sizeof(struct stat)": stat.length,
  };
}

/** A C program that compiles if all numbers are right, or with `shift` added to each. */
function assertions(numbers: Record<string, number>, shift = 0): string {
  return [
    "#define _GNU_SOURCE",
    ...HEADERS.split(" ").map((name) => `#include <${name}.h>`),
    ...Object.entries(numbers).map(([name, number]) =>
      `_Static_assert((long long)(${name}) == ${number + shift}, "${name}");`
    ),
  ].join("\n") + "\n";
}

async function check(machine: MachineLayout, compiler: string): Promise<void> {
  const numbers = { ...EVERYWHERE, ...Errno, ...ofMachine(machine) };
  const { ok, text } = await compileC("c11", assertions(numbers), [], compiler);
  assert(ok, text);
  // The comparison is one: with every number off by one, each assertion fails.
  const shifted = await compileC("c11", assertions(numbers, 1), [], compiler);
  const failed = shifted.text.match(/static assertion failed/g)?.length ?? 0;
  assertEquals(failed, Object.keys(numbers).length);
  assertStringIncludes(shifted.text, "O_DIRECTORY");
}

Deno.test("a C compiler finds the numbers of this machine where they are said to be", async () => {
  await check(MACHINE_LAYOUTS[Deno.build.arch], "cc");
});

const CROSS_COMPILER = ["aarch64-linux-gnu-gcc", "/usr/aarch64-linux-gnu/include/stdio.h"];
testWithPeers("a C compiler for arm64 finds the numbers of arm64", CROSS_COMPILER, async () => {
  await check(MACHINE_LAYOUTS.aarch64, "aarch64-linux-gnu-gcc");
});
