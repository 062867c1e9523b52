import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { concatBytes, decodeHex } from "../bytes/mod.ts";
import { createCryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, KeyError, PbsError } from "../errors/mod.ts";
import { writeBlobCrc } from "./blob_crc.ts";
import { chunkDigest } from "./chunk_digest.ts";
import { decodeBlob } from "./decode_blob.ts";
import { encodeBlob } from "./encode_blob.ts";
import { BLOB_MAGICS } from "./format.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const DATA = new TextEncoder().encode("interop test blob\n".repeat(20));
const LIMIT = { maxSizeBytes: 100_000 };

/** A blob of the zstd type around any payload, with the right CRC. */
function zstdBlob(payload: Uint8Array): Uint8Array {
  const blob = concatBytes([decodeHex(BLOB_MAGICS.zstd), new Uint8Array(4), payload]);
  writeBlobCrc(blob);
  return blob;
}

Deno.test("decodeBlob() notices every single changed byte of an encrypted chunk", async () => {
  const config = await createCryptConfig(KEY);
  const blob = await encodeBlob(DATA, { compress: true, encryptionKey: KEY });
  for (let i = 0; i < blob.byteLength; i++) {
    const damaged = blob.slice();
    damaged[i]! ^= 0x10;
    await assertRejects(
      () =>
        decodeBlob(damaged, {
          ...LIMIT,
          encryptionKey: config.encryptionKey,
          idKey: config.idKey,
          expectedDigest: config.computeDigest(DATA),
        }),
      CorruptDataError,
    );
  }
});

Deno.test("decodeBlob() names chunk and reason when the digest is another one", async () => {
  const blob = await encodeBlob(DATA, { compress: true });
  await assertRejects(
    () => decodeBlob(blob, { ...LIMIT, expectedDigest: chunkDigest(KEY) }),
    CorruptDataError,
    "chunk 630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd is damaged",
  );
  // A sign-only chunk has the plain digest although there is a key.
  const options = { ...LIMIT, idKey: KEY, expectedDigest: chunkDigest(DATA) };
  assertEquals(await decodeBlob(blob, options), DATA);
});

Deno.test("decodeBlob() tells a missing key from a wrong one", async () => {
  const blob = await encodeBlob(DATA, { compress: true, encryptionKey: KEY });
  await assertRejects(() => decodeBlob(blob, LIMIT), KeyError, "no key was given");
  const encryptionKey = new Uint8Array(32);
  await assertRejects(
    () => decodeBlob(blob, { ...LIMIT, encryptionKey }),
    CorruptDataError,
    "the key is another one",
  );
});

Deno.test("decodeBlob() refuses a plain chunk where an encrypted one is due, and the reverse", async () => {
  const plain = await encodeBlob(DATA, { compress: false });
  const sealed = await encodeBlob(DATA, { compress: false, encryptionKey: KEY });
  await assertRejects(
    () => decodeBlob(plain, { ...LIMIT, expectEncrypted: true }),
    CorruptDataError,
    "is not encrypted",
  );
  await assertRejects(
    () => decodeBlob(sealed, { ...LIMIT, encryptionKey: KEY, expectEncrypted: false }),
    CorruptDataError,
    "is encrypted",
  );
});

Deno.test("decodeBlob() compares the number of plain bytes", async () => {
  const blob = await encodeBlob(DATA, { compress: true });
  await assertRejects(
    () => decodeBlob(blob, { ...LIMIT, expectedSizeBytes: 361 }),
    CorruptDataError,
    "360 plain bytes instead of 361",
  );
});

Deno.test("decodeBlob() stops a blob that decompresses to more than allowed", async () => {
  const bomb = await encodeBlob(new Uint8Array(64 << 20), { compress: true });
  await assertRejects(
    () => decodeBlob(bomb, { maxSizeBytes: 16 << 20, name: "bomb" }),
    CorruptDataError,
    "bomb is larger than 16777216 bytes",
  );
  const plain = await encodeBlob(DATA, { compress: false });
  await assertRejects(() => decodeBlob(plain, { maxSizeBytes: 359 }), CorruptDataError, "larger");
  assertEquals(await decodeBlob(plain, { maxSizeBytes: 360 }), DATA);
});

Deno.test("decodeBlob() meets any bytes with an error of its own", async () => {
  const magics = Object.values(BLOB_MAGICS).map(decodeHex);
  const blobs = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.tuple(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 100 }), fc.boolean()).map(
      ([magic, rest, fixCrc]) => {
        const blob = concatBytes([magic, rest]);
        if (fixCrc && blob.byteLength >= 44) writeBlobCrc(blob);
        return blob;
      },
    ),
  );
  await fc.assert(fc.asyncProperty(blobs, async (blob) => {
    try {
      await decodeBlob(blob, { ...LIMIT, encryptionKey: KEY });
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
    }
  }));
});

Deno.test("decodeBlob() refuses a zstd blob without a frame", async () => {
  await assertRejects(() => decodeBlob(zstdBlob(new Uint8Array()), LIMIT), CorruptDataError);
});
