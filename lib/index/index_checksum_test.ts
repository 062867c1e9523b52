import { assertEquals } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { IndexChecksum } from "./index_checksum.ts";

Deno.test("IndexChecksum of a dynamic index hashes end offsets and digests", () => {
  const checksum = new IndexChecksum("dynamic");
  let end = 0;
  for (const text of vectors.dynamic_index.chunks_ascii) {
    end += text.length;
    checksum.add(end, sha256(new TextEncoder().encode(text)));
    checksum.digest(); // asking in between must not change the result
  }
  assertEquals(encodeHex(checksum.digest()), vectors.dynamic_index.csum);
});

Deno.test("IndexChecksum of a fixed index hashes digests alone", () => {
  const checksum = new IndexChecksum("fixed");
  for (const digest of vectors.fixed_index.digests_from_4096) checksum.add(0, decodeHex(digest));
  assertEquals(encodeHex(checksum.digest()), vectors.fixed_index.csum);
});

Deno.test("IndexChecksum writes end offsets beyond 32 bits", () => {
  const checksum = new IndexChecksum("dynamic");
  checksum.add(2 ** 40 + 5, new Uint8Array(32));
  const entry = new Uint8Array(40);
  new DataView(entry.buffer).setBigUint64(0, 2n ** 40n + 5n, true);
  assertEquals(checksum.digest(), sha256(entry));
});
