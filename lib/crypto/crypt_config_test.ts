import { assertEquals, assertRejects } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { KeyError } from "../errors/mod.ts";
import { createCryptConfig } from "./crypt_config.ts";
import { formatFingerprint } from "./fingerprint.ts";
import { FINGERPRINT_INPUT } from "./format.ts";
import { sha256 } from "./sha256.ts";

const vector = vectors.key;

Deno.test("createCryptConfig() derives what the key vector states", async () => {
  const config = await createCryptConfig(decodeHex(vector.raw_key));
  assertEquals(encodeHex(config.encryptionKey), vector.raw_key);
  assertEquals(encodeHex(config.idKey), vector.id_key);
  assertEquals(formatFingerprint(config.fingerprint), vector.fingerprint);
  assertEquals(config.keyId, vector.short_key_id);
  const text = new TextEncoder().encode("abc");
  assertEquals(encodeHex(config.sign(text)), vector.hmac_sha256_id_key_of_ascii_abc);
  const blob = vectors.blobs.find(({ name }) => name === "encrypted")!;
  const plain = new TextEncoder().encode("interop test blob\n");
  assertEquals(encodeHex(config.computeDigest(plain)), blob.chunk_digest);
});

Deno.test("the fingerprint input is the hash of its label", () => {
  const label = new TextEncoder().encode("Proxmox Backup Encryption Key Fingerprint");
  assertEquals(encodeHex(sha256(label)), FINGERPRINT_INPUT);
  assertEquals(FINGERPRINT_INPUT, vector.fingerprint_input);
});

Deno.test("createCryptConfig() keeps a copy of the key and refuses other lengths", async () => {
  const rawKey = decodeHex(vector.raw_key);
  const config = await createCryptConfig(rawKey);
  rawKey.fill(0);
  assertEquals(encodeHex(config.encryptionKey), vector.raw_key);
  for (const length of [0, 16, 31, 33]) {
    await assertRejects(
      () => createCryptConfig(new Uint8Array(length)),
      KeyError,
      `${length} bytes`,
    );
  }
});
