import { assert, assertEquals } from "@std/assert";
import { hash } from "node:crypto";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { encodeHex } from "../bytes/mod.ts";
import { ChunkPipeline, type ChunkPipelineOptions } from "./chunk_pipeline.ts";
import type { ChunkStreamOptions } from "./chunk_pipeline.ts";
import type { Chunker } from "./chunker.ts";
import { FixedChunker } from "./fixed_chunker.ts";
import { RollingHashChunker } from "./rolling_hash_chunker.ts";
import { StreamCutter } from "./stream_cutter.ts";
import {
  mixedBytes,
  openForSplice,
  randomNumbers,
  takeAll,
} from "../../tests/support/stream_feeding.ts";

const MIB = 1024 * 1024;
const AVERAGE_BYTES = 64 * 1024;
const DYNAMIC: ChunkStreamOptions = { kind: "dynamic", averageSizeBytes: AVERAGE_BYTES };

/** A file that is mostly holes, some of them at its ends, and what reading it gives. */
function sparseFile(path: string, size: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed);
  const content = new Uint8Array(size);
  using file = Deno.openSync(path, { create: true, write: true, truncate: true });
  file.truncateSync(size);
  for (let written = random(3); written < 4; written++) {
    const stretch = mixedBytes(1 + random(400_000), seed + written);
    const at = random(size - stretch.length);
    content.set(stretch, at);
    file.seekSync(at, Deno.SeekMode.Start);
    file.writeSync(stretch);
  }
  return content;
}

async function spliced(
  path: string,
  head: Uint8Array,
  size: number,
  kind: ChunkStreamOptions,
  options: ChunkPipelineOptions = {},
): Promise<{ chunks: string[]; hashedBytes: number; problems: number }> {
  using pipeline = new ChunkPipeline(options);
  const stream = pipeline.openStream(kind);
  stream.write(head);
  stream.splice(openForSplice(path), size, 1);
  const [chunks] = await Promise.all([takeAll(stream), stream.end()]);
  return {
    chunks: chunks.map((chunk) => `${chunk.offset}+${chunk.size} ${encodeHex(chunk.digest)}`),
    hashedBytes: pipeline.statistics().hashedBytes,
    problems: stream.takeProblems().length,
  };
}

function expected(chunker: Chunker, data: Uint8Array): string[] {
  const cutter = new StreamCutter(chunker);
  return [...cutter.push(data), ...cutter.end()].map((piece) => {
    if (piece.kind !== "raw") throw new TypeError("nothing was injected");
    return `${piece.offset}+${piece.bytes.length} ${hash("sha256", piece.bytes)}`;
  });
}

Deno.test("holes are cut and hashed as the zeros that they are", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/sparse`;
  for (let seed = 1; seed <= 12; seed++) {
    const size = 9 * MIB + seed * 12_345;
    const content = sparseFile(path, size, seed);
    const head = mixedBytes((seed % 4) * 50_000, seed);
    const all = new Uint8Array(head.length + size);
    all.set(head);
    all.set(content, head.length);
    const dynamic = await spliced(path, head, size, DYNAMIC);
    assertEquals(dynamic.chunks, expected(new RollingHashChunker(AVERAGE_BYTES), all), `${seed}`);
    const fixed: ChunkStreamOptions = { kind: "fixed", chunkSizeBytes: 300_000 };
    const image = await spliced(path, head, size, fixed);
    assertEquals(image.chunks, expected(new FixedChunker(300_000), all), `${seed}`);
    assertEquals([dynamic.problems, image.problems], [0, 0]);
  }
});

Deno.test("a large hole is not read", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/sparse`;
  const size = 200 * 1024 * MIB;
  Deno.writeFileSync(path, new Uint8Array([1]));
  Deno.truncateSync(path, size);
  const fixed: ChunkStreamOptions = { kind: "fixed", chunkSizeBytes: 4 * MIB };
  const { chunks, hashedBytes, problems } = await spliced(path, new Uint8Array(), size, fixed);
  assertEquals(problems, 0);
  assertEquals(chunks.length, size / (4 * MIB));
  assertEquals(new Set(chunks.map((chunk) => chunk.split(" ")[1])).size, 2);
  assert(hashedBytes < size / 20, `${hashedBytes} bytes were hashed`);
});

Deno.test("a sparse file that is not as long as it was is reported", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/sparse`;
  Deno.writeFileSync(path, new Uint8Array());
  for (const [actual, announced] of [[20, 28], [28, 20]] as const) {
    Deno.truncateSync(path, actual * MIB);
    const { chunks, problems } = await spliced(path, new Uint8Array(), announced * MIB, DYNAMIC);
    assertEquals(problems, 1);
    assertEquals(
      chunks,
      expected(new RollingHashChunker(AVERAGE_BYTES), new Uint8Array(announced * MIB)),
    );
  }
});
