import { assertEquals, assertRejects } from "@std/assert";
import { openFilesAt } from "../../tests/support/open_files.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { closeFile, openFile, OpenFlag } from "../../ffi/posix_files.ts";
import { concatBytes } from "../bytes/mod.ts";
import { CancelledError, SystemError } from "../errors/mod.ts";
import {
  feedMixed,
  mixedBytes,
  openForSplice,
  temporaryFile,
} from "../../tests/support/stream_feeding.ts";
import { UncutStream } from "./uncut_stream.ts";

/** Lets a stream write into a new file. @returns What is in it then. */
async function written(
  dir: TempDir,
  feed: (stream: UncutStream) => Promise<void>,
): Promise<Uint8Array> {
  const path = `${dir.path}/output`;
  const fd = openFile(path, OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.TRUNCATE, 0o600);
  using stream = new UncutStream(fd, '"output"');
  await feed(stream);
  assertEquals(closeFile(fd), 0);
  return await Deno.readFile(path);
}

Deno.test("an uncut stream writes bytes and files in their order", async () => {
  await using dir = await TempDir.make();
  const data = mixedBytes(9_000_001, 5);
  // feedMixed is for both kinds of streams, and ends them.
  const found = await written(dir, async (stream) => {
    await feedMixed(stream, data, dir.path, 7);
    assertEquals(stream.position, data.byteLength);
    assertEquals(stream.takeProblems(), []);
  });
  assertEquals(found.byteLength, data.byteLength);
  assertEquals(found.every((byte, index) => byte === data[index]), true);
});

Deno.test("files of another length than announced are cut off or filled up, and told", async () => {
  await using dir = await TempDir.make();
  const content = Uint8Array.of(1, 2, 3, 4, 5);
  const found = await written(dir, async (stream) => {
    stream.write(Uint8Array.of(9));
    stream.splice(temporaryFile(`${dir.path}/a`, content), 3, 1);
    stream.splice(temporaryFile(`${dir.path}/b`, content), 7, 2);
    // A directory can be opened, but not read.
    stream.splice(openForSplice(dir.path), 2, 3);
    stream.splice(temporaryFile(`${dir.path}/c`, content), 5, 4);
    await stream.end();
    assertEquals(stream.takeProblems(), [
      { tag: 1, kind: "grew" },
      { tag: 2, kind: "shrunk" },
      { tag: 3, kind: "unreadable", gap: { errno: 21, offset: 0, length: 2 } },
    ]);
  });
  assertEquals(
    found,
    concatBytes([Uint8Array.of(9, 1, 2, 3), content, Uint8Array.of(0, 0, 0, 0), content]),
  );
});

Deno.test("a write that fails fails the stream, and closes the files that wait", async () => {
  await using dir = await TempDir.make();
  const fd = openFile("/dev/full", OpenFlag.WRITE);
  using stream = new UncutStream(fd, '"full"');
  for (let tag = 0; tag < 20; tag++) {
    stream.splice(temporaryFile(`${dir.path}/a`, new Uint8Array(100_000)), 100_000, tag);
  }
  await assertRejects(
    () => stream.end(),
    SystemError,
    'cannot write "full": No space left on device',
  );
  assertEquals(openFilesAt(dir.path), []);
  closeFile(fd);
});

Deno.test("an aborted stream closes what it was given and writes nothing more", async () => {
  await using dir = await TempDir.make();
  const found = await written(dir, async (stream) => {
    stream.splice(temporaryFile(`${dir.path}/a`, Uint8Array.of(1)), 1, 0);
    stream.abort();
    await assertRejects(() => stream.drain(), CancelledError);
    await stream.settle();
  });
  assertEquals(found.byteLength, 0);
  assertEquals(openFilesAt(dir.path), []);
});
