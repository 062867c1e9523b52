import { assertEquals } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { DigestTable } from "./digest_table.ts";

Deno.test("DigestTable holds what a Map holds, through many doublings", () => {
  const table = new DigestTable();
  const expected = new Map<string, number>();
  const digests: Uint8Array[] = [];
  for (let i = 0; i < 20_000; i++) {
    // Many digests that begin alike, as somebody might make them on purpose.
    const digest = crypto.getRandomValues(new Uint8Array(32));
    if (i % 2 === 0) digest.fill(9, 0, 8);
    digests.push(digest);
    if (i % 10 === 0) digests.push(digests[i >> 1]!);
  }
  for (const [i, digest] of digests.entries()) {
    assertEquals(table.set(digest, i), !expected.has(encodeHex(digest)));
    expected.set(encodeHex(digest), i);
  }
  assertEquals(table.count, expected.size);
  for (const digest of digests) assertEquals(table.get(digest), expected.get(encodeHex(digest)));
  assertEquals(table.get(new Uint8Array(32)), undefined);
  assertEquals(table.has(new Uint8Array(32)), false);
});
