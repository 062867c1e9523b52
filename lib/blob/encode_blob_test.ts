// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { createCryptConfig, sha256 } from "../crypto/mod.ts";
import { chunkDigest } from "./chunk_digest.ts";
import { decodeBlob } from "./decode_blob.ts";
import { encodeBlob } from "./encode_blob.ts";
import { MAX_BLOB_PLAIN_BYTES } from "./format.ts";
import { parseBlobHeader } from "./blob_header.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

/** Data of a vector: `hex:…` or `300 bytes 0x41`. */
function vectorData(text: string): Uint8Array {
  const run = /^(\d+) bytes 0x(..)$/.exec(text);
  if (run !== null) return new Uint8Array(Number(run[1])).fill(parseInt(run[2]!, 16));
  return decodeHex(text.slice("hex:".length));
}

Deno.test("encodeBlob() and decodeBlob() agree with the blob vectors", async () => {
  for (const vector of vectors.blobs) {
    const data = vectorData(vector.data);
    assertEquals(data.byteLength, vector.data_len);
    const encryptionKey = vector.key === null ? undefined : decodeHex(vector.key);
    const idKey = encryptionKey && (await createCryptConfig(encryptionKey)).idKey;
    const digest = chunkDigest(data, idKey);
    assertEquals(encodeHex(digest), vector.chunk_digest);

    const blob = decodeHex(vector.blob_hex);
    assertEquals(blob.byteLength, vector.blob_len);
    assertEquals(encodeHex(sha256(blob)), vector.blob_sha256);
    const options = { maxSizeBytes: 1000, encryptionKey, idKey, expectedDigest: digest };
    assertEquals(await decodeBlob(blob, options), data);

    const compress = vector.name.includes("compressed");
    const iv = vector.iv === null ? undefined : decodeHex(vector.iv);
    const ours = await encodeBlob(data, { compress, encryptionKey, iv });
    // Another release of the compressor may emit another frame.
    if (compress) assertEquals(parseBlobHeader(ours).type, parseBlobHeader(blob).type);
    else assertEquals(encodeHex(ours), vector.blob_hex);
    assertEquals(await decodeBlob(ours, options), data);
  }
  assertEquals(
    encodeHex(chunkDigest(new Uint8Array(4 << 20))),
    vectors.zero_chunk_4MiB_sha256,
  );
  console.error(`blob vectors: ${vectors.blobs.length}`);
});

Deno.test("what encodeBlob() makes decodes to the same bytes, with and without key and compression", async () => {
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat({ max: 400 })).map(([unit, times]) =>
      Uint8Array.from({ length: unit.length * times }, (_, i) => unit[i % unit.length]!)
    ),
  );
  await fc.assert(fc.asyncProperty(data, fc.boolean(), fc.boolean(), async (data, crypt, zip) => {
    const encryptionKey = crypt ? KEY : undefined;
    const blob = await encodeBlob(data, { compress: zip, encryptionKey });
    const header = parseBlobHeader(blob);
    assertEquals(header.encrypted, crypt);
    assert(blob.byteLength <= header.headerLength + data.byteLength);
    const options = { maxSizeBytes: data.byteLength, encryptionKey };
    assertEquals(await decodeBlob(blob, options), new Uint8Array(data));
  }));
});

Deno.test("encodeBlob() keeps data that does not compress as it is", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(5000));
  const blob = await encodeBlob(noise, { compress: true });
  assertEquals(parseBlobHeader(blob).type, "plain");
  assertEquals(
    parseBlobHeader(await encodeBlob(new Uint8Array(), { compress: true })).type,
    "plain",
  );
});

Deno.test("encodeBlob() takes a new IV every time", async () => {
  const options = { compress: false, encryptionKey: KEY };
  const [a, b] = [await encodeBlob(KEY, options), await encodeBlob(KEY, options)];
  assert(encodeHex(parseBlobHeader(a).iv) !== encodeHex(parseBlobHeader(b).iv));
});

Deno.test("encodeBlob() refuses more than 128 MiB", async () => {
  await assertRejects(
    () => encodeBlob(new Uint8Array(MAX_BLOB_PLAIN_BYTES + 1), { compress: false }),
    RangeError,
    "134217729",
  );
});

Deno.test("encodeBlob() refuses a key or an IV of another length", async () => {
  await assertRejects(
    () => encodeBlob(KEY, { compress: false, encryptionKey: KEY.subarray(1) }),
    RangeError,
    "key has 31 bytes",
  );
  await assertRejects(
    () => encodeBlob(KEY, { compress: false, encryptionKey: KEY, iv: KEY.subarray(0, 12) }),
    RangeError,
    "IV has 12 bytes",
  );
});

Deno.test("the zstd program reads what encodeBlob() compressed, and finds its content size", async () => {
  const data = new TextEncoder().encode("compressible ".repeat(1000));
  const { payload } = parseBlobHeader(await encodeBlob(data, { compress: true }));
  const file = await Deno.makeTempFile({ suffix: ".zst" });
  try {
    await Deno.writeFile(file, payload);
    const plain = await new Deno.Command("zstd", { args: ["-dc", file] }).output();
    assertEquals(new Uint8Array(plain.stdout), data);
    const list = await new Deno.Command("zstd", { args: ["-lv", file] }).output();
    assert(new TextDecoder().decode(list.stdout).includes(`(${data.byteLength} B)`));
  } finally {
    await Deno.remove(file);
  }
});
