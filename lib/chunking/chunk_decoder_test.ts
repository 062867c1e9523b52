// deno-lint-ignore-file no-console
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { setTimeout as delay } from "node:timers/promises";
import { constants, crc32, createZstdCompress, zstdCompressSync } from "node:zlib";
import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { concatBytes, decodeHex, encodeHex } from "../bytes/mod.ts";
import { createCryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, KeyError } from "../errors/mod.ts";
import { ChunkDecoder, type ExpectedChunk } from "./chunk_decoder.ts";
import { ChunkPipeline } from "./chunk_pipeline.ts";
import { mixedBytes, takeAll } from "../../tests/support/stream_feeding.ts";

const MIB = 1024 * 1024;
const CONFIG = await createCryptConfig(new Uint8Array(32).map((_, index) => index));

async function decode(decoder: ChunkDecoder, blob: Uint8Array, expected: ExpectedChunk) {
  const plain = await decoder.decode(expected, async (buffer) => {
    const place = buffer(blob.length);
    await Promise.resolve();
    place.set(blob);
  });
  const bytes = plain.bytes.slice();
  plain.release();
  plain.release();
  return bytes;
}

function expectedOf(data: Uint8Array, encrypted: boolean): ExpectedChunk {
  return {
    digest: chunkDigest(data, encrypted ? CONFIG.idKey : undefined),
    size: data.length,
    encrypted,
  };
}

/** A blob around a payload that is not encrypted. */
function wrap(magic: string, payload: Uint8Array): Uint8Array {
  const blob = concatBytes([decodeHex(magic), new Uint8Array(4), payload]);
  new DataView(blob.buffer).setUint32(8, crc32(payload), true);
  return blob;
}
const ZSTD = "31b958426fb6a37f";
const PLAIN = "42ab3807be8370a1";

Deno.test("ChunkDecoder decodes the blobs of the vectors", async () => {
  const url = new URL("../../tests/vectors/format-vectors.json", import.meta.url);
  const { blobs } = JSON.parse(await Deno.readTextFile(url));
  using decoder = new ChunkDecoder({ crypt: CONFIG });
  let count = 0;
  for (const vector of blobs) {
    const data = vector.data.startsWith("hex:")
      ? decodeHex(vector.data.slice(4))
      : new Uint8Array(300).fill(0x41);
    const expected = {
      digest: decodeHex(vector.chunk_digest),
      size: vector.data_len,
      encrypted: vector.key !== null,
    };
    // No chunk is empty.
    if (vector.data_len === 0) {
      await assertRejects(
        () => decode(decoder, decodeHex(vector.blob_hex), expected),
        CorruptDataError,
      );
    } else assertEquals(await decode(decoder, decodeHex(vector.blob_hex), expected), data);
    count++;
  }
  console.log(`${count} blob vectors`);
});

Deno.test("what the pipeline and the TypeScript encoder make decodes to the same bytes", async () => {
  using decoder = new ChunkDecoder({ crypt: CONFIG });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 400_000 }),
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.boolean(),
      fc.boolean(),
      async (length, seed, encrypted, compress) => {
        const data = mixedBytes(length, seed);
        const crypt = encrypted ? CONFIG : undefined;
        const expected = expectedOf(data, encrypted);
        const blob = await encodeBlob(data, { compress, encryptionKey: crypt?.encryptionKey });
        assertEquals(await decode(decoder, blob, expected), data);
        using pipeline = new ChunkPipeline({ crypt, compress });
        const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: length });
        stream.write(data);
        const taken = takeAll(stream, async (chunk) => {
          assertEquals(await decode(decoder, chunk.blob!, expected), data);
        });
        await Promise.all([taken, stream.end()]);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("blobs with several zstd frames, skippable ones or no content size decode", async () => {
  using decoder = new ChunkDecoder();
  const data = mixedBytes(300_000, 77);
  const expected = expectedOf(data, false);
  const frames = [0, 100_000, 100_001].map((at, index, starts) =>
    zstdCompressSync(data.subarray(at, starts[index + 1]))
  );
  assertEquals(await decode(decoder, wrap(ZSTD, concatBytes(frames)), expected), data);
  const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  const mixed = concatBytes([skippable, ...frames, skippable]);
  assertEquals(await decode(decoder, wrap(ZSTD, mixed), expected), data);
  const noSize = await new Promise<Uint8Array>((resolve, reject) => {
    const stream = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    const parts: Uint8Array[] = [];
    stream.on("data", (part: Uint8Array) => parts.push(part));
    stream.on("end", () => resolve(concatBytes(parts)));
    stream.on("error", reject);
    stream.write(data.subarray(0, 1000));
    stream.end(data.subarray(1000));
  });
  assertEquals(await decode(decoder, wrap(ZSTD, noSize), expected), data);
});

Deno.test("every kind of damage is refused with its reason and the chunk's digest", async () => {
  using decoder = new ChunkDecoder({ crypt: CONFIG });
  using keyless = new ChunkDecoder();
  const data = mixedBytes(100_000, 5).fill(9, 0, 50_000);
  const key = CONFIG.encryptionKey;
  const zstd = await encodeBlob(data, { compress: true });
  const plain = await encodeBlob(data, { compress: false });
  const sealed = await encodeBlob(data, { compress: true, encryptionKey: key });
  const sealedPlain = await encodeBlob(data, { compress: false, encryptionKey: key });
  const clear = expectedOf(data, false);
  const secret = expectedOf(data, true);
  const flip = (blob: Uint8Array, at: number) => {
    const copy = blob.slice();
    copy[at]! ^= 1;
    return copy;
  };
  const other = new Uint8Array(32).fill(1);
  const longer = wrap(ZSTD, zstdCompressSync(new Uint8Array(MIB)));
  const frame = zstdCompressSync(data);
  const broken = frame.slice();
  broken[0]! ^= 1;
  const wrongKey = await encodeBlob(data, { compress: true, encryptionKey: other });
  const cases: [string, Uint8Array, ExpectedChunk, RegExp][] = [
    ["empty", new Uint8Array(0), clear, /truncated/],
    ["short header", plain.subarray(0, 11), clear, /truncated/],
    ["short sealed header", sealed.subarray(0, 43), secret, /truncated/],
    ["magic", flip(plain, 3), clear, /does not start like a blob/],
    ["CRC field", flip(zstd, 9), clear, /CRC/],
    ["payload", flip(zstd, 500), clear, /CRC/],
    ["cut off", plain.subarray(0, 60_000), clear, /CRC/],
    ["sealed payload", flip(sealed, 100), secret, /CRC/],
    ["IV", flip(sealed, 12), secret, /cannot be decrypted/],
    ["tag", flip(sealedPlain, 43), secret, /cannot be decrypted/],
    ["another key", wrongKey, secret, /cannot be decrypted/],
    ["encrypted where it must not be", sealed, clear, /not encrypted the way/],
    ["not encrypted where it must be", plain, secret, /not encrypted the way/],
    ["zstd garbage", wrap(ZSTD, broken), clear, /cannot be decompressed/],
    ["truncated zstd", wrap(ZSTD, frame.subarray(0, 500)), clear, /cannot be decompressed/],
    ["bytes after the frame", wrap(ZSTD, concatBytes([frame, broken])), clear, /decompressed/],
    ["zstd bomb", longer, clear, /another length/],
    ["one byte more", plain, { ...clear, size: data.length - 1 }, /another length/],
    ["one byte less", zstd, { ...clear, size: data.length + 1 }, /another length/],
    ["no frame at all", wrap(ZSTD, new Uint8Array(0)), clear, /another length|decompressed/],
    ["plain, other bytes", wrap(PLAIN, flip(data, 7)), clear, /other content/],
    ["digest", zstd, { ...clear, digest: other }, /other content/],
    [
      "plain digest of a sealed chunk",
      sealed,
      { ...secret, digest: clear.digest },
      /other content/,
    ],
  ];
  for (const [name, blob, expected, reason] of cases) {
    const error = await assertRejects(
      () => decode(decoder, blob, expected),
      CorruptDataError,
      encodeHex(expected.digest),
      name,
    );
    assert(reason.test(error.message), `${name}: ${error.message}`);
  }
  await assertRejects(() => decode(keyless, sealed, secret), KeyError, encodeHex(secret.digest));
  assertEquals(await decode(keyless, plain, clear), data);
  console.log(`${cases.length} kinds of damage`);
});

Deno.test("no single flipped bit and no truncation of a blob gets through", async () => {
  using decoder = new ChunkDecoder({ crypt: CONFIG });
  const data = mixedBytes(200, 6).fill(3, 0, 150);
  for (const encrypted of [false, true]) {
    const expected = expectedOf(data, encrypted);
    const blob = await encodeBlob(data, {
      compress: true,
      encryptionKey: encrypted ? CONFIG.encryptionKey : undefined,
    });
    for (let at = 0; at < blob.length; at++) {
      const copy = blob.slice();
      copy[at]! ^= 1 << (at % 8);
      await assertRejects(() => decode(decoder, copy, expected), CorruptDataError);
      await assertRejects(() => decode(decoder, blob.subarray(0, at), expected), CorruptDataError);
    }
  }
});

Deno.test("sizes that no chunk has are refused before anything is read", async () => {
  using decoder = new ChunkDecoder();
  const digest = new Uint8Array(32);
  for (const size of [0, -1, NaN, 16 * MIB + 1, 2 ** 52]) {
    await assertRejects(
      () => decoder.decode({ digest, size, encrypted: false }, () => Promise.reject("read")),
      CorruptDataError,
    );
  }
  for (const length of [-1, NaN, 17 * MIB, 2 ** 40]) {
    await assertRejects(
      () =>
        decoder.decode({ digest, size: 5, encrypted: false }, (buffer) => {
          buffer(length);
          return Promise.resolve();
        }),
      CorruptDataError,
    );
  }
});

Deno.test("many pending calls share the budget and all finish, in whatever order they are read", async () => {
  using decoder = new ChunkDecoder({ memoryBudgetBytes: 3 * MIB, workers: 2 });
  const data = mixedBytes(MIB, 9);
  const blob = await encodeBlob(data, { compress: true });
  const expected = expectedOf(data, false);
  let reading = 0;
  let most = 0;
  await Promise.all(Array.from({ length: 30 }, async (_, index) => {
    const plain = await decoder.decode(expected, async (buffer) => {
      const place = buffer(blob.length);
      most = Math.max(most, ++reading);
      await delay(index % 4);
      place.set(blob);
      reading--;
    });
    assertEquals(plain.bytes.length, MIB);
    await delay(index % 3);
    plain.release();
  }));
  assert(most <= 2, `${most} at once`);
});

Deno.test("a read that fails gives its error and its memory back", async () => {
  using decoder = new ChunkDecoder({ memoryBudgetBytes: 1 });
  const data = mixedBytes(1000, 10);
  const expected = expectedOf(data, false);
  const blob = await encodeBlob(data, { compress: false });
  for (const asks of [true, false]) {
    await assertRejects(
      () =>
        decoder.decode(expected, (buffer) => {
          if (asks) buffer(100);
          return Promise.reject(new TypeError("no such chunk"));
        }),
      TypeError,
      "no such chunk",
    );
  }
  assertEquals(await decode(decoder, blob, expected), data);
});

Deno.test("native functions find the plain bytes where the pointer says", async () => {
  using decoder = new ChunkDecoder();
  const data = mixedBytes(1000, 11);
  for (const compress of [true, false]) {
    const blob = await encodeBlob(data, { compress });
    const plain = await decoder.decode(expectedOf(data, false), (buffer) => {
      buffer(blob.length).set(blob);
      return Promise.resolve();
    });
    const view = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(plain.pointer, 1000));
    assertEquals(view.slice(), data);
    plain.release();
  }
});

Deno.test("a process that decodes chunks of all sizes stays within the budget and a margin", async () => {
  const script = `
    import { setTimeout as delay } from "node:timers/promises";
    import { ChunkDecoder } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    import { chunkDigest, encodeBlob } from ${
    JSON.stringify(import.meta.resolve("../blob/mod.ts"))
  };
    const memory = (name) => Number(Deno.readTextFileSync("/proc/self/status")
      .match(new RegExp(name + ":\\\\s+(\\\\d+)"))[1]) * 1024;
    const sizes = [1, 2, 3, 5, 8, 1, 13, 16, 1, 7].map((size) => size * ${MIB});
    const chunks = [];
    for (const size of sizes) {
      const data = new Uint8Array(size).fill(size >> 20);
      const blob = await encodeBlob(data, { compress: true });
      chunks.push({ blob, digest: chunkDigest(data), size, encrypted: false });
    }
    const before = memory("VmRSS");
    using decoder = new ChunkDecoder({ memoryBudgetBytes: 48 * ${MIB} });
    await Promise.all(Array.from({ length: 200 }, async (_, index) => {
      const chunk = chunks[index % chunks.length];
      const plain = await decoder.decode(chunk, async (buffer) => {
        buffer(chunk.blob.length).set(chunk.blob);
      });
      await delay(index % 5);
      plain.release();
    }));
    console.log(JSON.stringify({ before, after: memory("VmRSS") }));
  `;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { before, after } = JSON.parse(new TextDecoder().decode(stdout));
  assert(after - before < (48 + 40) * MIB, `${before} before, ${after} after`);
});

Deno.test("ChunkDecoder.check() gives blobs as they are, encrypted ones without their key", async () => {
  using decoder = new ChunkDecoder();
  const data = mixedBytes(3 * MIB + 5, 7);
  const check = async (blob: Uint8Array, expected: ExpectedChunk) => {
    const checked = await decoder.check(expected, (buffer) => {
      buffer(blob.length).set(blob);
      return Promise.resolve();
    });
    const bytes = checked.bytes.slice();
    checked.release();
    return bytes;
  };
  for (const encrypted of [false, true]) {
    for (const compress of [false, true]) {
      const encryptionKey = encrypted ? CONFIG.encryptionKey : undefined;
      const blob = await encodeBlob(data, { compress, encryptionKey });
      const expected = expectedOf(data, encrypted);
      assertEquals(await check(blob, expected), blob);
      for (const at of [0, 9, 50, blob.length - 1]) {
        const damaged = blob.slice();
        damaged[at]! ^= 0x10;
        await assertRejects(() => check(damaged, expected), CorruptDataError);
      }
      const otherMode = { ...expected, encrypted: !encrypted };
      await assertRejects(
        () => check(blob, otherMode),
        CorruptDataError,
        "the way its archive says",
      );
      if (encrypted && compress) continue;
      const longer = { ...expected, size: expected.size + 1 };
      await assertRejects(() => check(blob, longer), CorruptDataError, "another length");
      if (encrypted) continue;
      const other = { ...expected, digest: new Uint8Array(32) };
      await assertRejects(() => check(blob, other), CorruptDataError, "other content");
    }
  }
});
