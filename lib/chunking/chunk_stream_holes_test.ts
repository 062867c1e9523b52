import { assert, assertEquals } from "@std/assert";
import { hash } from "node:crypto";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { encodeHex } from "../bytes/mod.ts";
import { ChunkPipeline, type ChunkPipelineOptions } from "./chunk_pipeline.ts";
import type { ChunkStreamOptions } from "./chunk_pipeline.ts";
import type { Chunker } from "./chunker.ts";
import { FixedChunker } from "./fixed_chunker.ts";
import { PayloadChunker } from "./payload_chunker.ts";
import { PayloadPieces } from "./payload_pieces.ts";
import { RollingHashChunker } from "./rolling_hash_chunker.ts";
import { type CutPiece, StreamCutter } from "./stream_cutter.ts";
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

Deno.test("holes of a payload stream are cut as its pieces and boundaries want it", async () => {
  await using dir = await TempDir.make("/dev/shm");
  let hashed = 0;
  let total = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomNumbers(seed);
    // Longest chunks that fit into the blocks that files are read in, and ones that do not.
    const averageSizeBytes = AVERAGE_BYTES << (seed % 3);
    const chunker = new PayloadChunker(averageSizeBytes);
    const cutter = new StreamCutter(chunker);
    const pieces = new PayloadPieces();
    const ready: Uint8Array[] = [];
    using pipeline = new ChunkPipeline({ compress: false });
    const stream = pipeline.openStream({ kind: "payload", averageSizeBytes });
    const taken = takeAll(stream);
    for (let file = 0; file < 5; file++) {
      const path = `${dir.path}/${file}`;
      const size = random(3) === 0 ? 4 * MIB * (1 + random(5)) : 500_000 + random(24 * MIB);
      const content = sparseFile(path, size, 100 * seed + file);
      if (file === 3) {
        const boundary = stream.position;
        stream.injectChunks(boundary, [{ size: 4711, digest: new Uint8Array(32) }]);
        cutter.inject({ boundary, size: 4711 });
      }
      if (random(4) > 0) {
        stream.suggestBoundary(stream.position);
        chunker.suggest(stream.position);
      }
      const header = mixedBytes(16, file + 1);
      stream.write(header);
      stream.splice(openForSplice(path), size, file);
      ready.push(...pieces.write(header), ...pieces.file(content));
      total += size;
      if (random(2) === 0) await stream.drain();
    }
    await stream.end();
    const expected: CutPiece[] = [];
    for (const piece of [...ready, ...pieces.end()]) expected.push(...cutter.push(piece));
    expected.push(...cutter.end());
    assertEquals(
      (await taken).map(({ offset, size, digest, injected }) =>
        injected ? `${offset} injected ${size}` : `${offset}+${size} ${encodeHex(digest)}`
      ),
      expected.map((piece) =>
        piece.kind === "raw"
          ? `${piece.offset}+${piece.bytes.length} ${hash("sha256", piece.bytes)}`
          : `${piece.offset} injected ${piece.injection.size}`
      ),
      `${seed}`,
    );
    assertEquals(stream.takeProblems(), []);
    hashed += pipeline.statistics().hashedBytes;
  }
  assert(hashed < 0.7 * total, `${hashed} of ${total} bytes were hashed`);
});

Deno.test("a large hole is not read", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/sparse`;
  const size = 200 * 1024 * MIB;
  Deno.writeFileSync(path, new Uint8Array([1]));
  Deno.truncateSync(path, size);
  const fixed: ChunkStreamOptions = { kind: "fixed", chunkSizeBytes: 4 * MIB };
  const payload: ChunkStreamOptions = { kind: "payload", averageSizeBytes: MIB };
  for (const kind of [fixed, payload]) {
    const { chunks, hashedBytes, problems } = await spliced(path, new Uint8Array(), size, kind);
    assertEquals(problems, 0);
    const digests = new Map<string, number>();
    for (const chunk of chunks) {
      const digest = chunk.split(" ")[1]!;
      digests.set(digest, (digests.get(digest) ?? 0) + 1);
    }
    assert(Math.max(...digests.values()) > chunks.length - 4, `${digests.size} digests`);
    assert(hashedBytes < size / 20, `${hashedBytes} bytes were hashed`);
  }
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
