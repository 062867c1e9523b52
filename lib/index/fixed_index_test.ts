import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { parseFixedIndex } from "./fixed_index.ts";
import { FixedIndexBuilder } from "./fixed_index_builder.ts";
import { IndexChecksum } from "./index_checksum.ts";

const vector = vectors.fixed_index;
const COUNTERS = new Uint8Array(new Uint32Array(150_000 / 4).map((_, i) => i).buffer);

function vectorBuilder(): FixedIndexBuilder {
  const builder = new FixedIndexBuilder("disk.img.fidx", {
    size: COUNTERS.byteLength,
    chunkSize: vector.chunk_size,
    uuid: decodeHex(vector.uuid),
    ctime: vector.ctime,
  });
  for (const start of [131072, 0, 65536]) {
    const chunk = COUNTERS.subarray(start, start + vector.chunk_size);
    builder.add(start, chunk.byteLength, sha256(chunk));
  }
  return builder;
}

/** The vector's file with other sizes in its header. */
function fileWithSizes(size: bigint, chunkSize: bigint, digests = 3): Uint8Array {
  const bytes = new Uint8Array(4096 + 32 * digests);
  bytes.set(vectorBuilder().toBytes().subarray(0, 4096));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(64, size, true);
  view.setBigUint64(72, chunkSize, true);
  return bytes;
}

Deno.test("FixedIndexBuilder reproduces the index vector byte for byte, in any order", () => {
  const bytes = vectorBuilder().toBytes();
  assertEquals(encodeHex(bytes.subarray(0, 80)), vector.first_80_bytes);
  assert(bytes.subarray(80, 4096).every((byte) => byte === 0));
  assertEquals(encodeHex(bytes.subarray(4096)), vector.digests_from_4096.join(""));
  assertEquals(bytes.byteLength, vector.file_len);
  assertEquals(encodeHex(sha256(bytes)), vector.file_sha256);
});

Deno.test("parseFixedIndex() recomputes the checksum and ignores the header's", () => {
  const bytes = vectorBuilder().toBytes();
  bytes.fill(0xee, 8, 64);
  bytes.fill(0xee, 80, 4096);
  const index = parseFixedIndex(bytes, "disk.img.fidx");
  assertEquals(encodeHex(index.checksum), vector.csum);
  assertEquals([index.chunkCount, index.size, index.chunkSize], [3, 150_000, 65536]);
  assertEquals([index.startOf(2), index.endOf(1), index.endOf(2)], [131072, 131072, 150_000]);
  assertEquals(encodeHex(index.digestAt(2)), vector.digests_from_4096[2]);
  assertEquals([0, 65535, 65536, 149_999].map((o) => index.findChunk(o)), [0, 0, 1, 2]);
  assertEquals([150_000, -1, NaN].map((o) => index.findChunk(o)), Array(3).fill(undefined));
  for (const chunk of [-1, 3, 0.5]) {
    assertThrows(() => index.digestAt(chunk), RangeError, `no chunk ${chunk}`);
    assertThrows(() => index.startOf(chunk), RangeError);
    assertThrows(() => index.endOf(chunk), RangeError);
  }
});

Deno.test("parseFixedIndex() refuses wrong lengths, magics and sizes", () => {
  const good = vectorBuilder().toBytes();
  const parse = (bytes: Uint8Array) => () => parseFixedIndex(bytes, "disk.img.fidx");
  assertThrows(parse(good.subarray(0, 4095)), CorruptDataError, "too small");
  for (const cut of [1, 32, 96]) {
    assertThrows(parse(good.subarray(0, 4192 - cut)), CorruptDataError, "instead of 4192");
  }
  assertThrows(parse(new Uint8Array(4192)), CorruptDataError, "unknown magic");
  for (const chunkSize of [0n, 3n, 65535n, 2n ** 53n, 2n ** 63n]) {
    assertThrows(parse(fileWithSizes(150_000n, chunkSize)), CorruptDataError, "power of two");
  }
  for (const size of [0n, 2n ** 53n, 2n ** 64n - 1n]) {
    assertThrows(parse(fileWithSizes(size, 65536n)), CorruptDataError, "out of range");
  }
  for (const size of [1n, 131_072n, 196_609n, 2n ** 53n - 1n]) {
    assertThrows(parse(fileWithSizes(size, 65536n)), CorruptDataError, "unexpected length");
  }
  assertThrows(parse(fileWithSizes(0n, 65536n, 0)), CorruptDataError, "size 0");
  assertEquals(parseFixedIndex(fileWithSizes(131_073n, 65536n), "x").endOf(2), 131_073);
});

Deno.test("a fixed index says the same as the image it was built from", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5000 }),
    fc.integer({ min: 6, max: 12 }),
    fc.boolean(),
    (size, exponent, announced) => {
      const chunkSize = 2 ** exponent;
      const builder = new FixedIndexBuilder("x", {
        chunkSize,
        size: announced ? size : undefined,
      });
      const checksum = new IndexChecksum("fixed");
      for (let start = 0; start < size; start += chunkSize) {
        const digest = sha256(Uint8Array.of(start & 0xff, start >> 8));
        builder.add(start, Math.min(chunkSize, size - start), digest);
        checksum.add(Math.min(start + chunkSize, size), digest);
      }
      const index = parseFixedIndex(builder.toBytes(), "x");
      assertEquals(index.size, size);
      assertEquals(index.checksum, checksum.digest());
      assertEquals(index.endOf(index.chunkCount - 1), size);
    },
  ));
});
