import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Errno } from "./errno.ts";
import {
  currentUmask,
  effectiveIds,
  fileSystemSpace,
  syncFileSystem,
} from "./posix_file_system.ts";
import {
  changeMode,
  changeOwner,
  closeFile,
  type FileStat,
  makeFolder,
  makeNumberedFoldersLater,
  openFile,
  openFileLater,
  OpenFlag,
  readLater,
  removeFile,
  removeFolder,
  renameFile,
  setFileTimes,
  statFile,
  statPath,
  syncFileLater,
  touchAccessTime,
  truncateFile,
  warmPath,
  writeLater,
  writeNow,
} from "./posix_files.ts";
import { listFolder } from "./posix_folder.ts";
import { lockFile, lockRecord } from "./posix_locks.ts";

/** Runs `body` in a folder that is removed afterwards. */
async function inFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function statOf(result: FileStat | number): FileStat {
  if (typeof result === "number") throw new Error(`error number ${result}`);
  return result;
}

Deno.test("statPath() tells the same as the runtime does", () =>
  inFolder((folder) => {
    const path = `${folder}/file`;
    Deno.writeTextFileSync(path, "hello");
    assertEquals(setFileTimes(path, 1_600_000_000, -5), 0);
    const stat = statOf(statPath(path));
    const expected = Deno.lstatSync(path);
    assertEquals(stat.size, 5);
    assertEquals(stat.mode, expected.mode);
    assertEquals(stat.inode, BigInt(expected.ino!));
    assertEquals([stat.uid, stat.gid], [expected.uid, expected.gid]);
    assertEquals([stat.accessTime, stat.modificationTime], [1_600_000_000, -5]);
    assert(stat.isFile && !stat.isDirectory);
    assert(statOf(statPath(folder)).isDirectory);
    Deno.symlinkSync("nowhere", `${folder}/link`);
    assert(!statOf(statPath(`${folder}/link`)).isFile);
  }));

Deno.test("failed calls return the negative error number, also those of other threads", () =>
  inFolder(async (folder) => {
    assertEquals(openFile(`${folder}/absent`, OpenFlag.READ), -Errno.ENOENT);
    assertEquals(await openFileLater(`${folder}/absent`), -Errno.ENOENT);
    assertEquals(statPath(`${folder}/absent`), -Errno.ENOENT);
    assertEquals(makeFolder(folder, 0o755), -Errno.EEXIST);
    assertEquals(await writeLater(-1, new Uint8Array(1), 0), -Errno.EBADF);
    assertEquals(await readLater(-1, new Uint8Array(1), 0), -Errno.EBADF);
    assertEquals(await syncFileLater(-1), -Errno.EBADF);
    Deno.symlinkSync("/", `${folder}/link`);
    assertEquals(openFile(`${folder}/link`, OpenFlag.NOFOLLOW), -Errno.ELOOP);
    assertEquals(openFile("/proc/version", OpenFlag.DIRECTORY), -Errno.ENOTDIR);
  }));

Deno.test("touchAccessTime() sets the access time and leaves the modification time", () =>
  inFolder((folder) => {
    const path = `${folder}/file`;
    Deno.writeTextFileSync(path, "");
    setFileTimes(path, 1000, 2000);
    const before = Math.floor(Date.now() / 1000);
    assertEquals(touchAccessTime(path), 0);
    const stat = statOf(statPath(path));
    assert(stat.accessTime >= before - 1);
    assertEquals(stat.modificationTime, 2000);
  }));

Deno.test("what was written on another thread is read back, relative to a directory handle", () =>
  inFolder(async (folder) => {
    const directory = openFile(folder, OpenFlag.DIRECTORY);
    const bytes = crypto.getRandomValues(new Uint8Array(50_000));
    const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
    const fd = openFile("a", flags, 0o640, directory);
    assertEquals(await writeLater(fd, bytes, 0), 0);
    assertEquals(writeNow(fd, bytes.subarray(0, 10), 50_000), 0);
    assertEquals(await syncFileLater(fd), 0);
    assertEquals(changeMode(fd, 0o604), 0);
    assertEquals(changeOwner(fd, Deno.uid()!, Deno.gid()!), 0);
    const back = new Uint8Array(60_000);
    assertEquals(await readLater(fd, back, 0), 50_010);
    assertEquals(back.subarray(0, 50_000), bytes);
    assertEquals(await readLater(fd, back.subarray(0, 10), 50_000), 10);
    assertEquals(truncateFile(fd, 7), 0);
    assertEquals(statOf(statFile(fd)).size, 7);
    closeFile(fd);
    assertEquals(renameFile("a", "b", directory), 0);
    await warmPath("b", directory);
    assertEquals(statOf(statPath("b", directory)).mode & 0o777, 0o604);
    assertEquals(makeFolder("d", 0o700, directory), 0);
    assertEquals(removeFolder("d", directory), 0);
    assertEquals(removeFile("b", directory), 0);
    closeFile(directory);
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("listFolder() names everything of a folder larger than one answer of the system", () =>
  inFolder((folder) => {
    const expected: string[] = [];
    for (let i = 0; i < 3000; i++) {
      Deno.writeTextFileSync(`${folder}/file-${i}-${"x".repeat(30)}`, "");
      expected.push(`file-${i}-${"x".repeat(30)} file`);
    }
    Deno.mkdirSync(`${folder}/Ordner für alles`);
    Deno.symlinkSync("nowhere", `${folder}/link`);
    expected.push("Ordner für alles folder", "link other");
    const names = listFolder(folder);
    if (typeof names === "number") throw new Error(`error number ${names}`);
    assertEquals(names.map(({ name, kind }) => `${name} ${kind}`).sort(), expected.sort());
    assertEquals(listFolder(`${folder}/absent`), -Errno.ENOENT);
    assertEquals(listFolder(`${folder}/file-0-${"x".repeat(30)}`), -Errno.ENOTDIR);
  }));

Deno.test("fileSystemSpace() and syncFileSystem() work on the file system of a path", async () => {
  const space = fileSystemSpace("/");
  if (typeof space === "number") throw new Error(`error number ${space}`);
  assert(space.total >= space.free && space.free >= space.available && space.total > 0);
  assertEquals(fileSystemSpace("/absent"), -Errno.ENOENT);
  const fd = openFile("/dev/shm", OpenFlag.DIRECTORY);
  assertEquals(await syncFileSystem(fd), 0);
  assertEquals(closeFile(fd), 0);
  // Not the same one again: another thread may have got its number.
  assertEquals(closeFile(-1), -Errno.EBADF);
  assertEquals(await syncFileSystem(-1), -Errno.EBADF);
  assertEquals(effectiveIds(), { uid: Deno.uid()!, gid: Deno.gid()! });
  assertEquals(currentUmask(), Deno.umask());
});

Deno.test("lockFile() excludes another open file, lockRecord() does not within one process", () =>
  inFolder((folder) => {
    const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE;
    const [a, b] = [0, 1].map(() => openFile(`${folder}/lock`, flags, 0o600)) as [number, number];
    assertEquals(lockFile(a, "shared"), 0);
    assertEquals(lockFile(b, "shared"), 0);
    assertEquals(lockFile(b, "exclusive"), -Errno.EAGAIN);
    assertEquals(lockFile(a, "none"), 0);
    assertEquals(lockFile(b, "exclusive"), 0);
    assertNotEquals(lockFile(a, "shared"), 0);
    assertEquals(lockRecord(a, "exclusive"), 0);
    assertEquals(lockRecord(b, "exclusive"), 0);
    assertEquals(lockRecord(-1, "shared"), -Errno.EBADF);
    closeFile(a);
    closeFile(b);
  }));

Deno.test("makeNumberedFoldersLater() makes folders of somebody else, on its thread only", () =>
  inFolder(async (folder) => {
    const [uid, gid] = Deno.uid() === 0 ? [1234, 1235] : [Deno.uid()!, Deno.gid()!];
    Deno.chmodSync(folder, 0o777);
    const directory = openFile(folder, OpenFlag.DIRECTORY);
    assertEquals(makeFolder("fffe", 0o700, directory), 0);
    const folders = { first: 0xfffd, count: 3, mode: 0o750, isMasked: true };
    const make = () => makeNumberedFoldersLater(directory, { ...folders, owner: { uid, gid } });
    // As often as there may be threads: each is itself again afterwards.
    for (let i = 0; i < 40; i++) assertEquals(await make(), 0);
    assertEquals(
      await makeNumberedFoldersLater(directory, { ...folders, first: 0, owner: undefined }),
      0,
    );
    closeFile(directory);
    const rights = (name: string) => {
      const stat = Deno.statSync(`${folder}/${name}`);
      return [stat.mode! & 0o777, stat.uid, stat.gid];
    };
    for (const name of ["fffd", "ffff"]) assertEquals(rights(name), [0o750, uid, gid]);
    assertEquals(rights("fffe"), [0o700, Deno.uid(), Deno.gid()], "it was there");
    for (const name of ["0000", "0002"]) {
      assertEquals(rights(name), [0o750, Deno.uid(), Deno.gid()]);
    }
    assertEquals([...Deno.readDirSync(folder)].length, 6);
  }));
