import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CorruptDataError } from "../errors/mod.ts";
import { huffmanDecode, huffmanEncode, huffmanLength } from "./huffman.ts";

Deno.test("huffmanDecode() reads what huffmanEncode() wrote, for all bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    const coded = new Uint8Array(huffmanLength(bytes));
    assertEquals(huffmanEncode(bytes, coded, 0), coded.length);
    assertEquals(huffmanDecode(coded), String.fromCharCode(...bytes));
  }));
  const all = Uint8Array.from({ length: 256 }, (_, symbol) => symbol);
  const coded = new Uint8Array(huffmanLength(all));
  huffmanEncode(all, coded, 0);
  // Sum of all code lengths of RFC 7541 appendix B without the end-of-string symbol's: 4664 bits.
  assertEquals(coded.length, 583);
  assertEquals(huffmanDecode(coded), String.fromCharCode(...all));
});

Deno.test("huffmanDecode() refuses the end-of-string symbol and wrong padding", () => {
  for (const bytes of [[0xff], [0xff, 0xff, 0xff, 0xff], [0x00], [0x1f, 0xff], [0x18]]) {
    assertThrows(() => huffmanDecode(Uint8Array.from(bytes)), CorruptDataError);
  }
  assertEquals(huffmanDecode(Uint8Array.of(0x1f)), "a");
});
