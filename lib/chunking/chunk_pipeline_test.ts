import { assert, assertEquals } from "@std/assert";
import { hash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { bytesEqual, concatBytes, encodeHex } from "../bytes/mod.ts";
import { decodeBlob, parseBlobHeader } from "../blob/mod.ts";
import { createCryptConfig } from "../crypto/mod.ts";
import { ChunkPipeline } from "./chunk_pipeline.ts";
import type { ChunkStream } from "./chunk_stream.ts";
import type { FinishedChunk } from "./finished_chunk.ts";
import {
  mixedBytes,
  openForSplice,
  randomNumbers,
  takeAll,
} from "../../tests/support/stream_feeding.ts";
import { eventually } from "../../tests/support/eventually.ts";

const MIB = 1024 * 1024;
const SMALL = { kind: "dynamic", averageSizeBytes: 65536 } as const;

async function run(stream: ChunkStream, data: Uint8Array): Promise<FinishedChunk[]> {
  stream.write(data);
  const [chunks] = await Promise.all([takeAll(stream), stream.end()]);
  return chunks;
}

Deno.test("blobs decode to the chunk, plain and encrypted, compressed and not", async () => {
  const config = await createCryptConfig(new Uint8Array(32).map((_, index) => index));
  const data = concatBytes([
    mixedBytes(1_000_000, 3),
    new Uint8Array(500_000),
    crypto.getRandomValues(new Uint8Array(65536)),
    crypto.getRandomValues(new Uint8Array(65536)),
    mixedBytes(20, 4),
  ]);
  for (const crypt of [undefined, config]) {
    for (const compress of [true, false]) {
      using pipeline = new ChunkPipeline({ crypt, compress });
      const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 65536 });
      stream.write(data);
      const types = new Set<string>();
      const ivs = new Set<string>();
      const [chunks] = await Promise.all([
        takeAll(stream, async (chunk) => {
          const plain = data.subarray(chunk.offset, chunk.offset + chunk.size);
          const digest = crypt === undefined
            ? hash("sha256", plain, "buffer")
            : crypt.computeDigest(plain);
          assert(bytesEqual(chunk.digest, digest));
          if (chunk.blob === undefined) return;
          const header = parseBlobHeader(chunk.blob, "blob");
          types.add(header.type);
          if (header.encrypted) ivs.add(encodeHex(header.iv));
          assert(header.payload.length <= chunk.size);
          const decoded = await decodeBlob(chunk.blob, {
            maxSizeBytes: 16 * MIB,
            encryptionKey: crypt?.encryptionKey,
            idKey: crypt?.idKey,
            expectedDigest: chunk.digest,
            expectedSizeBytes: chunk.size,
            expectEncrypted: crypt !== undefined,
          });
          assert(bytesEqual(decoded, plain));
        }),
        stream.end(),
      ]);
      const suffix = crypt === undefined ? "" : "encrypted";
      const plainType = suffix || "plain";
      assertEquals(
        [...types].sort(),
        compress ? [plainType, suffix ? "zstd+encrypted" : "zstd"].sort() : [plainType],
      );
      const withBlob = chunks.filter((chunk) => !chunk.known);
      if (crypt !== undefined) assertEquals(ivs.size, withBlob.length);
      // The zeros are one chunk and its repetitions.
      assert(withBlob.length < chunks.length);
    }
  }
});

Deno.test("digests that were added are known and come without a blob", async () => {
  const data = randomBytes(2_000_000);
  using first = new ChunkPipeline();
  const chunks = await run(first.openStream(SMALL), data);
  assert(chunks.length > 10);
  assert(chunks.every((chunk) => !chunk.known));
  using second = new ChunkPipeline();
  const known = chunks.filter((_, index) => index % 2 === 0);
  second.addKnown(concatBytes(known.map((chunk) => chunk.digest)));
  const again = await run(second.openStream(SMALL), data);
  assertEquals(again.map((chunk) => chunk.known), chunks.map((_, index) => index % 2 === 0));
});

Deno.test("of equal chunks the first one in stream order has the blob", async () => {
  for (let round = 0; round < 20; round++) {
    const block = randomBytes(65536);
    const data = concatBytes(
      Array.from({ length: 40 }, (_, index) => index % 3 ? block : new Uint8Array(65536)),
    );
    using pipeline = new ChunkPipeline({ workers: 4 });
    const chunks = await run(pipeline.openStream({ kind: "fixed", chunkSizeBytes: 65536 }), data);
    assertEquals(chunks.map((chunk) => chunk.known), chunks.map((_, index) => index > 1));
  }
});

Deno.test("equal chunks of several streams have one blob, handed out before they are known", async () => {
  for (let round = 0; round < 10; round++) {
    using pipeline = new ChunkPipeline({ workers: 4 });
    const data = randomBytes(1_000_000);
    const handedOut = new Set<string>();
    let blobs = 0;
    await Promise.all([0, 1, 2].map(async () => {
      const stream = pipeline.openStream(SMALL);
      stream.write(data);
      const end = stream.end();
      await takeAll(stream, (chunk) => {
        const digest = encodeHex(chunk.digest);
        if (chunk.known) assert(handedOut.has(digest));
        else {
          assert(!handedOut.has(digest));
          handedOut.add(digest);
          blobs++;
        }
      });
      await end;
    }));
    assertEquals(blobs, handedOut.size);
  }
});

Deno.test("tiny budgets, several streams and a slow consumer that holds blobs get to the end", async () => {
  for (const memoryBudgetBytes of [1, MIB, 8 * MIB]) {
    using pipeline = new ChunkPipeline({ memoryBudgetBytes });
    const sources = [
      { options: { kind: "dynamic", averageSizeBytes: 4 * MIB } as const, size: 20 * MIB },
      { options: { kind: "dynamic", averageSizeBytes: 524288 } as const, size: 3 * MIB },
      { options: { kind: "fixed", chunkSizeBytes: 4 * MIB } as const, size: 17 * MIB },
      { options: { kind: "payload", averageSizeBytes: MIB } as const, size: 9 * MIB },
    ];
    await Promise.all(sources.map(async ({ options, size }, number) => {
      const stream = pipeline.openStream(options);
      // Zeros give the largest chunks, the rest blobs that are worth holding.
      const data = mixedBytes(size, number + 1).fill(0, 0, size >> 1);
      const random = randomNumbers(number + 1);
      const ended = (async () => {
        for (let at = 0; at < size; at += 300_000) {
          stream.write(data.subarray(at, at + 300_000));
          if (stream.full) await stream.drain();
        }
        await stream.end();
      })();
      const held: { release(): void }[] = [];
      let total = 0;
      for (let batch = await stream.next(); batch; batch = await stream.next()) {
        for (const chunk of batch) {
          assertEquals(chunk.offset, total);
          total += chunk.size;
          held.push(chunk);
          // An upload that takes a while: released later and out of order.
          setTimeout(() => held.splice(random(held.length), 1)[0]?.release(), random(10));
        }
      }
      await ended;
      assertEquals(total, size);
    }));
  }
});

Deno.test("buffers keep within the budget while nobody takes chunks, and writing waits", async () => {
  using pipeline = new ChunkPipeline({ memoryBudgetBytes: 64 * MIB });
  const stream = pipeline.openStream({ kind: "dynamic", averageSizeBytes: MIB });
  stream.splice(openForSplice("/dev/urandom"), 200 * MIB, 1);
  await stream.drain();
  await eventually(() => Promise.resolve(assert(pipeline.statistics().bufferBytes >= 40 * MIB)));
  // Until the workers have had nothing to do for a while.
  for (let before = -1; before !== pipeline.statistics().hashedBytes; await delay(100)) {
    before = pipeline.statistics().hashedBytes;
  }
  const peak = pipeline.statistics().peakBufferBytes;
  assert(peak <= 64 * MIB && peak >= 40 * MIB, `${peak}`);
  assert(pipeline.statistics().hashedBytes < 65 * MIB);
  const [chunks] = await Promise.all([takeAll(stream), stream.end()]);
  assertEquals(chunks.reduce((sum, chunk) => sum + chunk.size, 0), 200 * MIB);
  assert(pipeline.statistics().peakBufferBytes <= 64 * MIB);
});

Deno.test("a process with a pipeline stays within the budget and a margin", async () => {
  const script = `
    import { ChunkPipeline } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    import { openForSplice, takeAll } from ${
    JSON.stringify(import.meta.resolve("../../tests/support/stream_feeding.ts"))
  };
    const memory = (name) => Number(Deno.readTextFileSync("/proc/self/status")
      .match(new RegExp(name + ":\\\\s+(\\\\d+)"))[1]) * 1024;
    const before = memory("VmRSS");
    using pipeline = new ChunkPipeline({ memoryBudgetBytes: 48 * ${MIB} });
    const stream = pipeline.openStream({ kind: "dynamic", averageSizeBytes: 4 * ${MIB} });
    const taken = takeAll(stream);
    for (let round = 0; round < 60; round++) {
      stream.write(crypto.getRandomValues(new Uint8Array(65536)));
      stream.splice(openForSplice("/dev/urandom"), 2 * ${MIB}, 1);
      stream.splice(openForSplice("/dev/zero"), 2 * ${MIB}, 1);
      if (stream.full) await stream.drain();
    }
    await stream.end();
    await taken;
    console.log(JSON.stringify({ before, peak: memory("VmHWM") }));
  `;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { before, peak } = JSON.parse(new TextDecoder().decode(stdout));
  assert(peak - before < (48 + 40) * MIB, `${before} before, ${peak} at most`);
});
