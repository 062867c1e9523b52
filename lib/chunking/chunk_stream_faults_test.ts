import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { hash } from "node:crypto";
import { eventually } from "../../tests/support/eventually.ts";
import { openFilesAt } from "../../tests/support/open_files.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { CancelledError, UsageError } from "../errors/mod.ts";
import { ChunkPipeline } from "./chunk_pipeline.ts";
import { SpliceError } from "./splice_error.ts";
import {
  mixedBytes,
  openForSplice,
  takeAll,
  temporaryFile,
} from "../../tests/support/stream_feeding.ts";

const EISDIR = 21;
const DYNAMIC = { kind: "dynamic", averageSizeBytes: 65536 } as const;

Deno.test("files that shrank are filled up with zeros, files that grew are cut off", async () => {
  await using dir = await TempDir.make("/dev/shm");
  for (const kind of ["dynamic", "payload"] as const) {
    for (const size of [100, 70_000, 700_000, 5_000_000]) {
      using pipeline = new ChunkPipeline();
      const stream = pipeline.openStream({ kind, averageSizeBytes: 65536 });
      const content = mixedBytes(size, size).fill(1, 0, 10).fill(1, size - 10);
      const path = `${dir.path}/file`;
      const taken = takeAll(stream);
      stream.splice(temporaryFile(path, content), size, 1);
      stream.splice(temporaryFile(path, content.subarray(0, size - 7)), size, 2 ** 40);
      stream.splice(temporaryFile(path, content), size - 7, 3);
      stream.splice(temporaryFile(path, new Uint8Array(0)), size, 4);
      stream.splice(temporaryFile(path, new Uint8Array(0)), 0, 5);
      await stream.end();
      const expected = new Uint8Array(4 * size - 7);
      expected.set(content, 0);
      expected.set(content.subarray(0, size - 7), size);
      expected.set(content.subarray(0, size - 7), 2 * size);
      for (const chunk of await taken) {
        const plain = expected.subarray(chunk.offset, chunk.offset + chunk.size);
        assertEquals(encodeHex(chunk.digest), hash("sha256", plain));
      }
      assertEquals(stream.takeProblems(), [
        { tag: 2 ** 40, kind: "shrunk" },
        { tag: 3, kind: "grew" },
        { tag: 4, kind: "shrunk" },
      ]);
      assertEquals(stream.takeProblems(), []);
    }
  }
});

Deno.test("what cannot be read of a file is filled with zeros, where it is one of many", async () => {
  for (const kind of ["dynamic", "payload"] as const) {
    using pipeline = new ChunkPipeline();
    const stream = pipeline.openStream({ kind, averageSizeBytes: 65536 });
    const taken = takeAll(stream);
    const content = mixedBytes(300_000, 1);
    await using dir = await TempDir.make("/dev/shm");
    stream.splice(openForSplice("/usr"), 100_000, 41);
    stream.splice(temporaryFile(`${dir.path}/file`, content), content.length, 42);
    await stream.end();
    const expected = new Uint8Array(100_000 + content.length);
    expected.set(content, 100_000);
    for (const chunk of await taken) {
      const plain = expected.subarray(chunk.offset, chunk.offset + chunk.size);
      assertEquals(encodeHex(chunk.digest), hash("sha256", plain));
    }
    assertEquals(stream.takeProblems(), [
      { tag: 41, kind: "unreadable", gap: { errno: EISDIR, offset: 0, length: 100_000 } },
    ]);
  }
});

Deno.test("a read error fails a stream of fixed chunks with the file's tag, at both ends, and closes everything", async () => {
  {
    using pipeline = new ChunkPipeline();
    const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 65536 });
    const taken = assertRejects(() => takeAll(stream), SpliceError);
    stream.write(new Uint8Array(1000));
    stream.splice(openForSplice("/usr"), 100, 41);
    for (let index = 0; index < 20; index++) stream.splice(openForSplice("/etc/passwd"), 10, 1);
    const error = await assertRejects(() => stream.end(), SpliceError);
    assertEquals([error.tag, error.errno, error.offset], [41, EISDIR, 0]);
    assertEquals((await taken).tag, 41);
    stream.splice(openForSplice("/etc/passwd"), 10, 2);
    await assertRejects(() => stream.drain(), SpliceError);
    stream.abort();
  }
  const given = ["/usr", "/etc/passwd"];
  assertEquals(openFilesAt("/").filter((path) => given.includes(path)), []);
});

Deno.test("a descriptor that is not open fails the stream", async () => {
  using pipeline = new ChunkPipeline();
  const stream = pipeline.openStream(DYNAMIC);
  stream.splice(-1, 100, 9);
  await assertRejects(() => stream.end(), Error, "chunk stream failed");
  stream.abort();
});

Deno.test("abort in the middle ends pending calls and closes descriptors", async () => {
  using pipeline = new ChunkPipeline({ memoryBudgetBytes: 4 * 1024 * 1024 });
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 1024 * 1024 });
  stream.splice(openForSplice("/dev/zero"), 2 ** 44, 1);
  await stream.drain();
  stream.splice(openForSplice("/dev/zero"), 1000, 2);
  const ended = assertRejects(() => stream.end(), CancelledError);
  const first = await stream.next();
  assertEquals(first![0]!.offset, 0);
  stream.splice(openForSplice("/dev/zero"), 1000, 3);
  const pending = assertRejects(async () => {
    for (;;) await stream.next();
  }, CancelledError);
  stream.abort();
  await Promise.all([ended, pending]);
  await assertRejects(() => stream.drain(), CancelledError);
  await assertRejects(() => stream.next(), CancelledError);
  first!.forEach((chunk) => chunk.release());
  await until(() => openFilesAt("/dev/zero").length === 0);
});

Deno.test("abort gets through to a stream that waits for a pipe", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const fifo = `${dir.path}/fifo`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  using writer = Deno.openSync(fifo, { read: true, write: true });
  using pipeline = new ChunkPipeline();
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 4096 });
  stream.spliceToEnd(openForSplice(fifo), 1);
  await stream.drain();
  await writer.write(new Uint8Array(5000).fill(1));
  const chunks = await stream.next();
  assertEquals(chunks!.map((chunk) => chunk.size), [4096]);
  chunks!.forEach((chunk) => chunk.release());
  const ended = assertRejects(() => stream.end(), CancelledError);
  stream.abort();
  await ended;
  // The writer is left.
  await until(() => openFilesAt(fifo).length === 1);
});

Deno.test("a pipe is read to its end in full chunks", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const fifo = `${dir.path}/fifo`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const child = new Deno.Command("sh", {
    args: ["-c", `head -c 1000003 /dev/zero > ${fifo}`],
  }).spawn();
  using pipeline = new ChunkPipeline();
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 262144 });
  stream.spliceToEnd(openForSplice(fifo), 1);
  const [chunks] = await Promise.all([takeAll(stream), stream.end()]);
  assertEquals(chunks.map((chunk) => chunk.size), [262144, 262144, 262144, 213571]);
  assertEquals(stream.takeProblems(), []);
  assert((await child.status).success);
});

Deno.test("closing the pipeline ends its streams", async () => {
  const pipeline = new ChunkPipeline({ memoryBudgetBytes: 2 * 1024 * 1024 });
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 65536 });
  stream.splice(openForSplice("/dev/zero"), 2 ** 40, 1);
  await stream.drain();
  const ended = assertRejects(() => stream.end(), CancelledError);
  const held = await stream.next();
  pipeline[Symbol.dispose]();
  await ended;
  // Memory that is still held stays readable.
  for (const chunk of held!) {
    if (chunk.blob) assert(chunk.blob.length > 12 && chunk.blob[0] === 0x31);
    chunk.release();
    chunk.release();
  }
  stream.abort();
});

Deno.test("boundaries are for payload streams, and injections for the current position", async () => {
  using pipeline = new ChunkPipeline();
  const dynamic = pipeline.openStream(DYNAMIC);
  assertThrows(() => dynamic.suggestBoundary(1), Error, "payload");
  assertThrows(() => dynamic.injectChunks(0, []), Error, "payload");
  dynamic.abort();
  const payload = pipeline.openStream({ kind: "payload", averageSizeBytes: 65536 });
  payload.write(new Uint8Array(10));
  assertThrows(() => payload.injectChunks(11, []), RangeError);
  payload.injectChunks(10, [{ size: 5, digest: new Uint8Array(32) }]);
  assertEquals(payload.position, 15);
  const [chunks] = await Promise.all([takeAll(payload), payload.end()]);
  assertEquals(chunks.map((chunk) => [chunk.offset, chunk.size, chunk.injected]), [
    [0, 10, false],
    [10, 5, true],
  ]);
});

Deno.test("sizes that cannot be are refused", () => {
  using pipeline = new ChunkPipeline();
  for (const averageSizeBytes of [0, 512, 65537, 8 * 1024 * 1024, 1.5, NaN]) {
    assertThrows(() => pipeline.openStream({ kind: "dynamic", averageSizeBytes }), UsageError);
  }
  for (const chunkSizeBytes of [0, -1, 1.5, 17 * 1024 * 1024]) {
    assertThrows(() => pipeline.openStream({ kind: "fixed", chunkSizeBytes }), UsageError);
  }
  assertThrows(
    () =>
      new ChunkPipeline({
        crypt: { encryptionKey: new Uint8Array(31), idKey: new Uint8Array(32) },
      }),
    UsageError,
  );
});

async function until(condition: () => boolean): Promise<void> {
  await eventually(() => Promise.resolve(assert(condition())));
}
