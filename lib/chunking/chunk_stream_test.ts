// deno-lint-ignore-file no-console
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createHash, hash } from "node:crypto";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { concatBytes, encodeHex } from "../bytes/mod.ts";
import type { Chunker } from "./chunker.ts";
import { ChunkPipeline, type ChunkStreamOptions } from "./chunk_pipeline.ts";
import { chunkerVectors } from "../../tests/support/chunker_vectors.ts";
import { FixedChunker } from "./fixed_chunker.ts";
import { PayloadChunker } from "./payload_chunker.ts";
import { PayloadPieces } from "./payload_pieces.ts";
import { RollingHashChunker } from "./rolling_hash_chunker.ts";
import { type CutPiece, StreamCutter } from "./stream_cutter.ts";
import {
  feedMixed,
  mixedBytes,
  randomNumbers,
  takeAll,
  temporaryFile,
} from "../../tests/support/stream_feeding.ts";
import { vectorInput } from "../../tests/support/vector_input.ts";

const SHM = "/dev/shm";

/** End offset and digest that each chunk has to have. */
function expectedChunks(chunker: Chunker, data: Uint8Array): string[] {
  const cutter = new StreamCutter(chunker);
  return [...cutter.push(data), ...cutter.end()].map(describePiece);
}

function describePiece(piece: CutPiece): string {
  return piece.kind === "raw"
    ? `${piece.offset}+${piece.bytes.length} ${hash("sha256", piece.bytes)}`
    : `${piece.offset} injected ${piece.injection.size}`;
}

async function nativeChunks(
  options: ChunkStreamOptions,
  data: Uint8Array,
  folder: string,
  seed: number,
): Promise<string[]> {
  using pipeline = new ChunkPipeline({ compress: false });
  const stream = pipeline.openStream(options);
  const [chunks] = await Promise.all([takeAll(stream), feedMixed(stream, data, folder, seed)]);
  assertEquals(stream.position, data.length);
  return chunks.map((chunk) => `${chunk.offset}+${chunk.size} ${encodeHex(chunk.digest)}`);
}

Deno.test("native streams are cut and hashed as the vectors say", async () => {
  await using dir = await TempDir.make(SHM);
  const { vectors } = await chunkerVectors();
  for (const [seed, vector] of vectors.entries()) {
    const data = vectorInput(vector.input);
    using pipeline = new ChunkPipeline();
    const stream = pipeline.openStream({ kind: "dynamic", averageSizeBytes: vector.avg });
    const [chunks] = await Promise.all([
      takeAll(stream),
      feedMixed(stream, data, dir.path, seed),
    ]);
    assertEquals(chunks.map((chunk) => chunk.offset + chunk.size), vector.ends, vector.name);
    const checksum = createHash("sha256");
    for (const chunk of chunks) {
      const end = new Uint8Array(8);
      new DataView(end.buffer).setBigUint64(0, BigInt(chunk.offset + chunk.size), true);
      checksum.update(end).update(chunk.digest);
    }
    assertEquals(checksum.digest("hex"), vector.didx_csum, vector.name);
  }
  console.log(`${vectors.length} vectors through the native pipeline`);
});

Deno.test("native dynamic streams are cut like the TypeScript ones, for all chunk sizes", async () => {
  await using dir = await TempDir.make(SHM);
  for (const kib of [64, 128, 256, 512, 1024, 2048, 4096]) {
    const averageSizeBytes = kib * 1024;
    for (const seed of [kib + 1, kib + 2]) {
      const data = mixedBytes(6 * averageSizeBytes + seed, seed);
      assertEquals(
        await nativeChunks({ kind: "dynamic", averageSizeBytes }, data, dir.path, seed),
        expectedChunks(new RollingHashChunker(averageSizeBytes), data),
        `${kib} KiB, seed ${seed}`,
      );
    }
  }
});

Deno.test("native dynamic streams are cut like the TypeScript ones, for random pieces", async () => {
  await using dir = await TempDir.make(SHM);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_500_000),
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.constantFrom(1024, 4096, 65536),
      async (length, seed, averageSizeBytes) => {
        const data = mixedBytes(length, seed);
        assertEquals(
          await nativeChunks({ kind: "dynamic", averageSizeBytes }, data, dir.path, seed),
          expectedChunks(new RollingHashChunker(averageSizeBytes), data),
        );
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("native fixed streams are cut like the TypeScript ones", async () => {
  await using dir = await TempDir.make(SHM);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(3_000_000),
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.constantFrom(4096, 65536, 300_000, 4 * 1024 * 1024),
      async (length, seed, chunkSizeBytes) => {
        const data = mixedBytes(length, seed);
        assertEquals(
          await nativeChunks({ kind: "fixed", chunkSizeBytes }, data, dir.path, seed),
          expectedChunks(new FixedChunker(chunkSizeBytes), data),
        );
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("native payload streams are cut like the TypeScript ones, for random files and injections", async () => {
  await using dir = await TempDir.make(SHM);
  let injections = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.constantFrom(65536, 262144, 1048576),
      async (seed, averageSizeBytes) => {
        const random = randomNumbers(seed);
        const chunker = new PayloadChunker(averageSizeBytes);
        const cutter = new StreamCutter(chunker);
        const pieces = new PayloadPieces();
        using pipeline = new ChunkPipeline({ compress: false });
        const stream = pipeline.openStream({ kind: "payload", averageSizeBytes });
        const taken = takeAll(stream);
        // The twin learns of everything first, then gets the bytes.
        const ready: Uint8Array[] = [];
        const marker = mixedBytes(16, seed);
        stream.write(marker);
        ready.push(...pieces.write(marker));
        for (let file = 0; file < 12; file++) {
          if (random(5) === 0) {
            const sizes = Array.from({ length: 1 + random(200) }, () => 1 + random(1 << 24));
            for (let at = 0; at < sizes.length; at += 128) {
              const part = sizes.slice(at, at + 128);
              const size = part.reduce((sum, one) => sum + one);
              const before = sizes.slice(0, at).reduce((sum, one) => sum + one, 0);
              cutter.inject({ boundary: stream.position + before, size });
              injections++;
            }
            stream.injectChunks(
              stream.position,
              sizes.map((size) => ({ size, digest: new Uint8Array(32).fill(7) })),
            );
          }
          const content = mixedBytes(random(1 << (4 + random(19))), seed + file);
          const header = mixedBytes(16, file + 1);
          stream.suggestBoundary(stream.position);
          chunker.suggest(stream.position);
          stream.write(header);
          ready.push(...pieces.write(header));
          stream.splice(temporaryFile(`${dir.path}/file`, content), content.length, file);
          ready.push(...pieces.file(content));
          if (stream.full || random(3) === 0) await stream.drain();
        }
        await stream.end();
        const expected: CutPiece[] = [];
        for (const piece of [...ready, ...pieces.end()]) expected.push(...cutter.push(piece));
        expected.push(...cutter.end());
        assertEquals(groupInjected(await taken), expected.map(describePiece));
      },
    ),
    { numRuns: 40 },
  );
  assert(injections > 0);
});

/** Chunks in the words of {@linkcode describePiece}; an injection has at most 128 chunks. */
function groupInjected(
  chunks: readonly { offset: number; size: number; digest: Uint8Array; injected: boolean }[],
): string[] {
  const lines: string[] = [];
  let group: { offset: number; size: number; count: number } | undefined;
  const close = () => {
    if (group) lines.push(`${group.offset} injected ${group.size}`);
    group = undefined;
  };
  for (const chunk of chunks) {
    if (!chunk.injected) {
      close();
      lines.push(`${chunk.offset}+${chunk.size} ${encodeHex(chunk.digest)}`);
      continue;
    }
    if (group?.count === 128) close();
    group ??= { offset: chunk.offset, size: 0, count: 0 };
    group.size += chunk.size;
    group.count++;
  }
  close();
  return lines;
}

Deno.test("a stream without bytes has no chunks", async () => {
  using pipeline = new ChunkPipeline();
  for (
    const options of [
      { kind: "dynamic", averageSizeBytes: 65536 },
      { kind: "payload", averageSizeBytes: 65536 },
      { kind: "fixed", chunkSizeBytes: 4096 },
    ] as const
  ) {
    const stream = pipeline.openStream(options);
    stream.write(new Uint8Array(0));
    const [chunks] = await Promise.all([takeAll(stream), stream.end()]);
    assertEquals(chunks, []);
  }
});

Deno.test("one write may be larger than all buffers", async () => {
  using pipeline = new ChunkPipeline({ memoryBudgetBytes: 8 * 1024 * 1024 });
  const data = mixedBytes(20_000_000, 5);
  const stream = pipeline.openStream({ kind: "dynamic", averageSizeBytes: 262144 });
  stream.write(data);
  assert(stream.full);
  const parts: Uint8Array[] = [];
  const [chunks] = await Promise.all([
    takeAll(stream, (chunk) => {
      parts.push(data.subarray(chunk.offset, chunk.offset + chunk.size));
      assertEquals(encodeHex(chunk.digest), hash("sha256", parts.at(-1)!));
    }),
    stream.end(),
  ]);
  assertEquals(concatBytes(parts).length, data.length);
  assertEquals(chunks.at(-1)!.offset + chunks.at(-1)!.size, data.length);
});
