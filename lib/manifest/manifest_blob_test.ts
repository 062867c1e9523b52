import { assertEquals, assertRejects } from "@std/assert";
import { encodeBlob, parseBlobHeader } from "../blob/mod.ts";
import { CorruptDataError, UsageError } from "../errors/mod.ts";
import { createManifest } from "./manifest.ts";
import { decodeManifestBlob, encodeManifestBlob } from "./manifest_blob.ts";
import { withNotes } from "./unprotected.ts";

const MANIFEST = createManifest({ type: "host", id: "elsa", time: 1700000000 }, [
  { filename: "root.pxar.didx", cryptMode: "none", size: 30, checksum: new Uint8Array(32) },
]);

Deno.test("encodeManifestBlob() compresses and decodeManifestBlob() reads it back", async () => {
  const blob = await encodeManifestBlob(MANIFEST);
  assertEquals(parseBlobHeader(blob).type, "zstd");
  assertEquals(await decodeManifestBlob(blob), MANIFEST);
});

Deno.test("decodeManifestBlob() refuses damage, encryption and other text", async () => {
  const blob = await encodeManifestBlob(MANIFEST);
  blob[20]! ^= 1;
  await assertRejects(() => decodeManifestBlob(blob), CorruptDataError, "CRC");
  const encryptionKey = new Uint8Array(32);
  const sealed = await encodeBlob(new Uint8Array(9), { compress: false, encryptionKey });
  await assertRejects(() => decodeManifestBlob(sealed), CorruptDataError, "is encrypted");
  const latin = await encodeBlob(new Uint8Array([0x22, 0xe9, 0x22]), { compress: false });
  await assertRejects(() => decodeManifestBlob(latin), CorruptDataError, "not valid UTF-8");
  await assertRejects(() => decodeManifestBlob(new Uint8Array(5)), CorruptDataError, "too small");
});

Deno.test("a manifest that would take too much memory is neither read nor written", async () => {
  const text = `{"files":[${"[],".repeat(2_000_000)}[]]}`;
  const bomb = await encodeBlob(new TextEncoder().encode(text), { compress: true });
  await assertRejects(() => decodeManifestBlob(bomb), CorruptDataError, "larger than 4194304");
  const noted = withNotes(MANIFEST, "x".repeat(5_000_000));
  await assertRejects(() => encodeManifestBlob(noted), UsageError, "shorten the notes");
});
