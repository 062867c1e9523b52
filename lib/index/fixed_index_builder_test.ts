import { assertEquals, assertThrows } from "@std/assert";
import { sha256 } from "../crypto/mod.ts";
import { ConflictError } from "../errors/mod.ts";
import { parseFixedIndex } from "./fixed_index.ts";
import { FixedIndexBuilder } from "./fixed_index_builder.ts";

const DIGEST = sha256(Uint8Array.of(1));
const MIB = 1024 * 1024;

Deno.test("FixedIndexBuilder checks offset, length and end of every chunk", () => {
  const builder = new FixedIndexBuilder("disk.img.fidx", { size: 10 * MIB });
  assertEquals([builder.chunkSize, builder.chunkCount], [4 * MIB, 3]);
  assertThrows(() => builder.add(1, 4 * MIB, DIGEST), ConflictError, "no multiple of 4194304");
  assertThrows(() => builder.add(-4 * MIB, 4 * MIB, DIGEST), ConflictError);
  assertThrows(() => builder.add(NaN, 4 * MIB, DIGEST), ConflictError);
  assertThrows(() => builder.add(0, 4 * MIB + 1, DIGEST), ConflictError, "no chunk of 4194305");
  assertThrows(() => builder.add(8 * MIB, 0, DIGEST), ConflictError, "0 bytes");
  assertThrows(() => builder.add(0, MIB, DIGEST), ConflictError, "only the last chunk");
  assertThrows(() => builder.add(8 * MIB, MIB, DIGEST), ConflictError, "only the last chunk");
  assertThrows(() => builder.add(8 * MIB, 4 * MIB, DIGEST), ConflictError, "only 10485760 bytes");
  assertThrows(() => builder.add(12 * MIB, 4 * MIB, DIGEST), ConflictError);
  assertThrows(() => builder.add(0, 4 * MIB, DIGEST.subarray(1)), RangeError);
  assertEquals(builder.addedCount, 0);
  builder.add(8 * MIB, 2 * MIB, DIGEST);
  builder.add(0, 4 * MIB, DIGEST);
  builder.add(0, 4 * MIB, DIGEST);
  assertEquals([builder.addedCount, builder.chunkCount], [3, 3]);
});

Deno.test("FixedIndexBuilder without a size grows until the first short chunk", () => {
  const builder = new FixedIndexBuilder("disk.img.fidx");
  assertThrows(() => builder.toBytes(), ConflictError, "has no chunk");
  builder.add(4 * MIB, 4 * MIB, DIGEST);
  assertEquals([builder.size, builder.chunkCount], [8 * MIB, 2]);
  assertThrows(() => builder.add(0, 5, DIGEST), ConflictError, "only the last chunk");
  builder.add(8 * MIB, 5, DIGEST);
  assertEquals(builder.size, 8 * MIB + 5);
  assertThrows(() => builder.add(8 * MIB, 6, DIGEST), ConflictError, "only 8388613 bytes");
  assertThrows(() => builder.add(12 * MIB, 4 * MIB, DIGEST), ConflictError);
  const index = parseFixedIndex(builder.toBytes(), "disk.img.fidx");
  assertEquals(index.digestAt(0), new Uint8Array(32));
  assertEquals(index.digestAt(2), DIGEST);
});

Deno.test("FixedIndexBuilder refuses sizes it could only allocate for", () => {
  const builder = new FixedIndexBuilder("disk.img.fidx");
  assertThrows(() => builder.add(2 ** 52, 4 * MIB, DIGEST), RangeError, "needs more than");
  assertEquals(builder.size, 0);
  assertThrows(() => new FixedIndexBuilder("x", { size: 2 ** 53 - 1 }), RangeError);
  for (const size of [0, -1, 0.5, 2 ** 53]) {
    assertThrows(() => new FixedIndexBuilder("x", { size }), RangeError, "an image cannot");
  }
  for (const chunkSize of [0, 3, -4, 0.5]) {
    assertThrows(() => new FixedIndexBuilder("x", { chunkSize }), RangeError, "power of two");
  }
});

Deno.test("FixedIndexBuilder takes over the digests of an index with as many chunks", () => {
  const first = new FixedIndexBuilder("a", { size: 10, chunkSize: 4 });
  for (const start of [0, 4]) first.add(start, 4, sha256(Uint8Array.of(start)));
  first.add(8, 2, DIGEST);
  const previous = parseFixedIndex(first.toBytes(), "a");

  const second = new FixedIndexBuilder("a", { size: 11, chunkSize: 4 });
  second.prefill(previous);
  assertEquals(second.addedCount, 0);
  assertEquals(second.checksum(), previous.checksum);
  const changed = sha256(Uint8Array.of(99));
  second.add(8, 3, changed);
  const index = parseFixedIndex(second.toBytes(), "a");
  assertEquals(
    [index.digestAt(0), index.digestAt(1), index.digestAt(2), index.size],
    [sha256(Uint8Array.of(0)), sha256(Uint8Array.of(4)), changed, 11],
  );

  for (const options of [{ size: 13, chunkSize: 4 }, { size: 20, chunkSize: 8 }]) {
    assertThrows(() => new FixedIndexBuilder("a", options).prefill(previous), ConflictError);
  }
});
