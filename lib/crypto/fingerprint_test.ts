import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatFingerprint, formatKeyId, parseFingerprint } from "./fingerprint.ts";

Deno.test("parseFingerprint() reads what formatFingerprint() wrote, colons anywhere, any case", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
    const text = formatFingerprint(bytes);
    assertEquals(text.length, 95);
    assertEquals(formatKeyId(bytes), text.slice(0, 23));
    assertEquals(parseFingerprint(text), new Uint8Array(bytes));
    assertEquals(parseFingerprint(text.replaceAll(":", "").toUpperCase()), new Uint8Array(bytes));
  }));
});

Deno.test("parseFingerprint() refuses anything but 64 hex digits", () => {
  for (const text of ["", "ab", "ab:".repeat(31) + "a", "ab".repeat(33), "zz".repeat(32)]) {
    assertThrows(() => parseFingerprint(text), SyntaxError);
  }
});
