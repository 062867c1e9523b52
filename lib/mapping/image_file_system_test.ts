import { assertEquals } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { FuseSession } from "../fuse/mod.ts";
import type { ImageContent } from "./image_content.ts";
import { ImageFileSystem } from "./image_file_system.ts";

const CHUNK_BYTES = 1024 * 1024;

Deno.test("a chunk is asked for once: all of it goes into the page cache", async () => {
  await using dir = await TempDir.make();
  const file = `${dir.path}/image`;
  await Deno.writeFile(file, new Uint8Array());
  const bytes = Uint8Array.from({ length: 3 * CHUNK_BYTES }, (_, at) => at * 7 + (at >> 12));
  const reads: number[] = [];
  const stored = Promise.withResolvers<void>();
  const content: Pick<ImageContent, "size" | "read" | "chunksWithin" | "withChunk"> = {
    size: bytes.length,
    read: (offset, length) => {
      reads.push(Math.floor(offset / CHUNK_BYTES));
      return Promise.resolve(bytes.slice(offset, offset + length));
    },
    chunksWithin: (offset) => [Math.floor(offset / CHUNK_BYTES)],
    withChunk: async (chunk, use) => {
      const start = chunk * CHUNK_BYTES;
      await use(bytes.subarray(start, start + CHUNK_BYTES), start);
      stored.resolve();
    },
  };
  const attributes = { mode: 0o100400, links: 1, uid: 0, gid: 0, size: bytes.length };
  const fileSystem = new ImageFileSystem(
    content as ImageContent,
    { ...attributes, mtimeSecs: 0, mtimeNanos: 0 },
  );
  await using _session = await FuseSession.mount({ fileSystem, mountPoint: file });
  // Closing asks this process, which must not wait for itself: others read.
  const readAt = async (offset: number, length: number) => {
    const words = ["-c", `${length}`, file];
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'tail -c "+$1" "$4" | head "$2" "$3"', "sh", `${offset + 1}`, ...words],
    }).output();
    return stdout;
  };
  const start = CHUNK_BYTES + 500_000;
  assertEquals(await readAt(start, 10), bytes.slice(start, start + 10));
  await stored.promise;
  const before = reads.length;
  const whole = await readAt(CHUNK_BYTES, CHUNK_BYTES);
  assertEquals(whole, bytes.slice(CHUNK_BYTES, 2 * CHUNK_BYTES));
  // At most what comes after it was read ahead.
  assertEquals(reads.slice(before).filter((chunk) => chunk === 1), []);
});
