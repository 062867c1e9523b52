import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CorruptDataError } from "../errors/mod.ts";
import { ByteReader, bytesEqual, ByteWriter, compareBytes, decodeHex, encodeHex } from "./mod.ts";

Deno.test("ByteReader reads what ByteWriter wrote", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.maxSafeNat(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 600 }),
    (small, safe, signed, tail) => {
      const writer = new ByteWriter(1);
      writer.u32(small);
      writer.u64(safe);
      writer.i64(signed);
      writer.bytes(tail);
      const reader = new ByteReader(writer.finish(), "test");
      assertEquals(reader.u32(), small);
      assertEquals(reader.u64Number(), safe);
      assertEquals(reader.i64(), signed);
      assertEquals(reader.take(reader.remaining), tail);
    },
  ));
});

Deno.test("ByteReader names the thing whose end would be passed", () => {
  const reader = new ByteReader(new Uint8Array(3), "index");
  assertThrows(() => reader.u32(), CorruptDataError, "index: 4 bytes wanted at offset 0, 3 left");
  assertThrows(() => reader.seek(4), CorruptDataError, "index");
  assertThrows(() => reader.take(-1), CorruptDataError, "index");
});

Deno.test("ByteReader refuses numbers beyond 2^53", () => {
  const reader = new ByteReader(new Uint8Array(8).fill(0xff), "index");
  assertThrows(() => reader.u64Number(), CorruptDataError, "out of range");
});

Deno.test("compareBytes orders by unsigned bytes and puts a prefix first", () => {
  const names = [[0xff], [0x61, 0x62], [0x61], []].map((bytes) => new Uint8Array(bytes));
  assertEquals(names.sort(compareBytes).map(encodeHex), ["", "61", "6162", "ff"]);
  assertEquals(bytesEqual(new Uint8Array([1]), new Uint8Array([1, 2])), false);
});

Deno.test("decodeHex reverses encodeHex and refuses anything else", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assertEquals(decodeHex(encodeHex(bytes)), new Uint8Array(bytes));
    assertEquals(decodeHex(encodeHex(bytes).toUpperCase()), new Uint8Array(bytes));
  }));
  assertThrows(() => decodeHex("abc"), SyntaxError);
  assertThrows(() => decodeHex("zz"), SyntaxError);
});
