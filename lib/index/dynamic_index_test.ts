import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { ConflictError, CorruptDataError } from "../errors/mod.ts";
import { parseDynamicIndex } from "./dynamic_index.ts";
import { DynamicIndexBuilder } from "./dynamic_index_builder.ts";
import { FIXED_INDEX_MAGIC } from "./format.ts";

const vector = vectors.dynamic_index;

function vectorBuilder(): DynamicIndexBuilder {
  const builder = new DynamicIndexBuilder("root.pxar.didx", {
    uuid: decodeHex(vector.uuid),
    ctime: vector.ctime,
  });
  for (const text of vector.chunks_ascii) {
    const data = new TextEncoder().encode(text);
    builder.append(builder.size, data.byteLength, sha256(data));
  }
  return builder;
}

/** A file with the given end offsets. */
function fileWithEnds(ends: readonly bigint[]): Uint8Array {
  const empty = new DynamicIndexBuilder("x").toBytes();
  const bytes = new Uint8Array(empty.byteLength + 40 * ends.length);
  bytes.set(empty);
  const view = new DataView(bytes.buffer);
  ends.forEach((end, i) => view.setBigUint64(4096 + 40 * i, end, true));
  return bytes;
}

Deno.test("DynamicIndexBuilder reproduces the index vector byte for byte", () => {
  const builder = vectorBuilder();
  const bytes = builder.toBytes();
  assertEquals(encodeHex(bytes.subarray(0, 64)), vector.first_64_bytes);
  assert(bytes.subarray(64, 4096).every((byte) => byte === 0));
  assertEquals(encodeHex(bytes.subarray(4096)), vector.entries_from_4096);
  assertEquals(bytes.byteLength, vector.file_len);
  assertEquals(encodeHex(sha256(bytes)), vector.file_sha256);
  assertEquals(encodeHex(builder.checksum()), vector.csum);
});

Deno.test("DynamicIndexBuilder hands out entries in pieces that make the same file", () => {
  const whole = vectorBuilder().toBytes();
  const builder = new DynamicIndexBuilder("x", {
    uuid: decodeHex(vector.uuid),
    ctime: vector.ctime,
  });
  const file = new Uint8Array(whole.byteLength);
  let at = DynamicIndexBuilder.entriesOffset;
  for (const text of vector.chunks_ascii) {
    const data = new TextEncoder().encode(text);
    builder.append(builder.size, data.byteLength, sha256(data));
    const entries = builder.takeEntries();
    file.set(entries, at);
    at += entries.byteLength;
  }
  file.set(builder.header());
  assertEquals(file, whole);
  assertThrows(() => builder.toBytes(), TypeError);
});

Deno.test("DynamicIndexBuilder refuses a chunk that does not follow the last one", () => {
  const builder = vectorBuilder();
  const digest = new Uint8Array(32);
  assertThrows(() => builder.append(29, 5, digest), ConflictError, "ends at 30");
  assertThrows(() => builder.append(31, 5, digest), ConflictError, "offset 31");
  assertThrows(() => builder.append(30, 0, digest), ConflictError, "0 bytes");
  assertThrows(() => builder.append(30, 0.5, digest), ConflictError);
  assertThrows(() => builder.append(30, 2 ** 53, digest), ConflictError);
  assertThrows(() => builder.append(30, 5, digest.subarray(1)), RangeError, "31 bytes");
  assertEquals([builder.chunkCount, builder.size], [3, 30]);
});

Deno.test("parseDynamicIndex() recomputes the checksum and ignores the header's", () => {
  const bytes = vectorBuilder().toBytes();
  bytes.fill(0xee, 24, 4096);
  const index = parseDynamicIndex(bytes, "root.pxar.didx");
  assertEquals(encodeHex(index.checksum), vector.csum);
  assertEquals([index.chunkCount, index.size], [3, 30]);
  assertEquals([0, 1, 2].map((i) => [index.startOf(i), index.endOf(i)]), [[0, 9], [9, 19], [
    19,
    30,
  ]]);
  assertEquals(index.digestAt(1), sha256(new TextEncoder().encode("chunk-two!")));
  assertEquals(index.digestAt(1).buffer, bytes.buffer);
  assertEquals([0, 8, 9, 18, 19, 29].map((o) => index.findChunk(o)), [0, 0, 1, 1, 2, 2]);
  assertEquals([30, -1, 1e15, NaN].map((o) => index.findChunk(o)), Array(4).fill(undefined));
  for (const chunk of [-1, 3, 0.5]) {
    assertThrows(() => index.digestAt(chunk), RangeError, `no chunk ${chunk}`);
    assertThrows(() => index.startOf(chunk), RangeError);
    assertThrows(() => index.endOf(chunk), RangeError);
  }
});

Deno.test("parseDynamicIndex() accepts an index without chunks", () => {
  const index = parseDynamicIndex(new DynamicIndexBuilder("x").toBytes(), "x");
  assertEquals([index.chunkCount, index.size, index.findChunk(0)], [0, 0, undefined]);
  assertEquals(index.checksum, sha256());
});

Deno.test("parseDynamicIndex() refuses wrong lengths, magics and end offsets", () => {
  const good = vectorBuilder().toBytes();
  const parse = (bytes: Uint8Array) => () => parseDynamicIndex(bytes, "root.pxar.didx");
  assertThrows(parse(new Uint8Array()), CorruptDataError, "too small");
  assertThrows(parse(good.subarray(0, 4095)), CorruptDataError, "4095 bytes");
  for (const cut of [1, 8, 39]) {
    assertThrows(parse(good.subarray(0, 4216 - cut)), CorruptDataError, "unexpected length");
  }
  const fixed = good.slice();
  fixed.set(decodeHex(FIXED_INDEX_MAGIC));
  assertThrows(parse(fixed), CorruptDataError, 'index "root.pxar.didx" has an unknown magic');
  assertThrows(parse(fileWithEnds([0n])), CorruptDataError, "chunk 0 ends at 0");
  assertThrows(parse(fileWithEnds([5n, 5n])), CorruptDataError, "chunk 1 ends at 5");
  assertThrows(parse(fileWithEnds([5n, 9n, 4n])), CorruptDataError, "chunk 2 ends at 4");
  assertThrows(parse(fileWithEnds([5n, 2n ** 53n])), CorruptDataError, "chunk 1 is out of range");
  assertThrows(parse(fileWithEnds([2n ** 64n - 1n])), CorruptDataError, "out of range");
  assertEquals(parseDynamicIndex(fileWithEnds([2n ** 53n - 1n]), "x").size, 2 ** 53 - 1);
});

Deno.test("a dynamic index says the same as the list it was built from", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 2 ** 36 }), { maxLength: 60 });
  fc.assert(fc.property(sizes, fc.nat({ max: 2 ** 40 }), (sizes, probe) => {
    const builder = new DynamicIndexBuilder("x");
    sizes.forEach((size, i) => builder.append(builder.size, size, sha256(Uint8Array.of(i))));
    const index = parseDynamicIndex(builder.toBytes(), "x");
    let end = 0;
    const ends = sizes.map((size) => end += size);
    assertEquals(sizes.map((_, i) => index.endOf(i)), ends);
    assertEquals(index.checksum, builder.checksum());
    const expected = ends.findIndex((end) => end > probe);
    assertEquals(index.findChunk(probe), expected < 0 ? undefined : expected);
  }));
});

Deno.test("parseDynamicIndex() meets any bytes with an error of its own", () => {
  const header = vectorBuilder().toBytes().subarray(0, 4096);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (tail, withHeader) => {
    const bytes = new Uint8Array([...(withHeader ? header : []), ...tail]);
    try {
      const index = parseDynamicIndex(bytes, "x");
      assertEquals(index.chunkCount * 40, tail.length);
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
  }));
});
