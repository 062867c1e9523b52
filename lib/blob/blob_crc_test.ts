import { assertEquals, assertThrows } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { concatBytes, decodeHex, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { checkBlobCrc, writeBlobCrc } from "./blob_crc.ts";
import { BLOB_MAGICS } from "./format.ts";

Deno.test("writeBlobCrc() puts the common CRC-32 over the payload, little endian", () => {
  const blob = concatBytes([
    decodeHex(BLOB_MAGICS.plain),
    new Uint8Array(4),
    new TextEncoder().encode("123456789"),
  ]);
  assertEquals(writeBlobCrc(blob).crc, 0xcbf43926);
  assertEquals(encodeHex(blob.subarray(8, 12)), "2639f4cb");
});

Deno.test("writeBlobCrc() restores the CRC of every blob vector", () => {
  for (const vector of vectors.blobs) {
    const blob = decodeHex(vector.blob_hex);
    blob.fill(0, 8, 12);
    writeBlobCrc(blob);
    assertEquals(encodeHex(blob), vector.blob_hex);
  }
});

Deno.test("checkBlobCrc() refuses a changed payload but does not see IV and tag", () => {
  const blob = decodeHex(vectors.blobs[3]!.blob_hex);
  blob[12]! ^= 1;
  blob[28]! ^= 1;
  assertEquals(checkBlobCrc(blob).type, "encrypted");
  blob[44]! ^= 1;
  assertThrows(() => checkBlobCrc(blob, "chunk"), CorruptDataError, "chunk is damaged");
});
