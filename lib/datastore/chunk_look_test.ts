import { assertEquals } from "@std/assert";
import { encodeBlob, ENCRYPTED_HEADER_LENGTH, MAX_ENCODED_CHUNK_BYTES } from "../blob/mod.ts";
import { lookAtChunk } from "./chunk_look.ts";

const plain = new Uint8Array(100).fill(7);

Deno.test("the beginning of a chunk tells its kind, and its length is that of the whole", async () => {
  for (const encryptionKey of [undefined, new Uint8Array(32).fill(1)]) {
    for (const compress of [false, true]) {
      const blob = await encodeBlob(plain, { compress, encryptionKey });
      const start = blob.subarray(0, ENCRYPTED_HEADER_LENGTH);
      const encrypted = encryptionKey !== undefined;
      assertEquals(lookAtChunk(start, blob.length), { size: blob.length, encrypted });
    }
  }
});

Deno.test("what cannot be a chunk by its length or its first bytes is none", async () => {
  const blob = await encodeBlob(plain, { compress: false });
  const start = blob.subarray(0, ENCRYPTED_HEADER_LENGTH);
  for (const size of [0, 12, MAX_ENCODED_CHUNK_BYTES + 1]) {
    assertEquals(lookAtChunk(start, size), undefined);
  }
  assertEquals(lookAtChunk(plain.subarray(0, ENCRYPTED_HEADER_LENGTH), 100), undefined);
  assertEquals(lookAtChunk(start.subarray(0, 5), 100), undefined);
});
