import { assertEquals, assertThrows } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { concatBytes, decodeHex, encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { parseBlobHeader } from "./blob_header.ts";
import { BLOB_MAGICS } from "./format.ts";

Deno.test("the magic numbers are the beginnings of their labels' hashes", () => {
  const labels = {
    plain: "Proxmox Backup uncompressed blob v1.0",
    zstd: "Proxmox Backup zstd compressed blob v1.0",
    encrypted: "Proxmox Backup encrypted blob v1.0",
    "zstd+encrypted": "Proxmox Backup zstd compressed encrypted blob v1.0",
  };
  for (const [type, magic] of Object.entries(BLOB_MAGICS)) {
    const label = labels[type as keyof typeof labels];
    assertEquals(encodeHex(sha256(new TextEncoder().encode(label)).subarray(0, 8)), magic);
  }
  assertEquals(Object.values(BLOB_MAGICS) as string[], [
    vectors.magics.blob_plain,
    vectors.magics.blob_zstd,
    vectors.magics.blob_encrypted,
    vectors.magics.blob_zstd_encrypted,
  ]);
});

Deno.test("parseBlobHeader() splits an encrypted blob", () => {
  const blob = decodeHex(vectors.blobs[3]!.blob_hex);
  const header = parseBlobHeader(blob);
  assertEquals(header.type, "encrypted");
  assertEquals(header.crc, 0xe3acbca8);
  assertEquals(encodeHex(header.iv), "101112131415161718191a1b1c1d1e1f");
  assertEquals(encodeHex(header.tag), "2227db772246ede754de6a5fda058115");
  assertEquals(header.payload.byteLength, 18);
});

Deno.test("parseBlobHeader() refuses what is too short or unknown", () => {
  for (const length of [0, 8, 11]) {
    assertThrows(() => parseBlobHeader(new Uint8Array(length)), CorruptDataError, "too small");
  }
  const sealed = concatBytes([decodeHex(BLOB_MAGICS.encrypted), new Uint8Array(35)]);
  assertThrows(() => parseBlobHeader(sealed, "fw.conf.blob"), CorruptDataError, "43 bytes");
  assertThrows(
    () => parseBlobHeader(new Uint8Array(12), "fw.conf.blob"),
    CorruptDataError,
    'fw.conf.blob is not a blob: unknown magic number "0000000000000000"',
  );
});
