// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assertEquals, assertThrows } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex } from "../bytes/mod.ts";
import { createCryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, KeyError } from "../errors/mod.ts";
import { parseManifest, serializeManifest } from "./manifest_text.ts";
import {
  checkKeyFingerprint,
  checkSignature,
  computeSignature,
  signManifest,
} from "./signature.ts";
import { keyFingerprintOf, withNotes, withUnprotected } from "./unprotected.ts";

const CONFIG = await createCryptConfig(decodeHex(vectors.manifest.raw_key));
const OTHER = await createCryptConfig(new Uint8Array(32));
const UNSIGNED = parseManifest(vectors.manifest.canonical_json);
const SIGNED = signManifest(UNSIGNED, CONFIG);

Deno.test("signManifest() makes the signatures of the vectors", async () => {
  assertEquals(SIGNED.signature, vectors.manifest.signature);
  const second = vectors.manifest_with_scrypt_key;
  const config = await createCryptConfig(decodeHex(second.derived_key_used_as_raw_key));
  const manifest = parseManifest(second.canonical_json);
  assertEquals(signManifest(manifest, config).signature, second.signature);
  console.error("signature vectors: 2");
});

Deno.test("signManifest() adds the full fingerprint and keeps what else is unprotected", () => {
  const signed = signManifest(withNotes(UNSIGNED, "first"), CONFIG);
  assertEquals([...signed.unprotected.keys()], ["notes", "key-fingerprint"]);
  assertEquals(keyFingerprintOf(signed), CONFIG.fingerprint);
});

Deno.test("a signature outlives rewriting, changed notes and unknown members", () => {
  const rewritten = parseManifest(serializeManifest(withNotes(SIGNED, "changed")));
  assertEquals(checkSignature(rewritten, CONFIG), "signed");
  const text = serializeManifest(SIGNED).replace("{", '{"later": 1,');
  assertEquals(checkSignature(parseManifest(text), CONFIG), "signed");
});

Deno.test("checkSignature() notices every change of what is signed", () => {
  const [first, second] = SIGNED.files;
  const changes = [
    { snapshot: { ...SIGNED.snapshot, id: "anna" } },
    { snapshot: { ...SIGNED.snapshot, time: 1700000001 } },
    { snapshot: { ...SIGNED.snapshot, type: "ct" as const } },
    { files: [second!, first!] },
    { files: [first!] },
    { files: [{ ...first!, size: 31 }, second!] },
    { files: [{ ...first!, cryptMode: "none" as const }, second!] },
    { files: [{ ...first!, checksum: new Uint8Array(32) }, second!] },
    { files: [{ ...first!, filename: "x.didx" }, second!] },
    { signature: "00".repeat(32) },
  ];
  for (const change of changes) {
    assertThrows(
      () => checkSignature({ ...SIGNED, ...change }, CONFIG),
      CorruptDataError,
      "wrong signature in manifest",
    );
  }
});

Deno.test("checkSignature() passes unsigned manifests and names both keys if they differ", () => {
  assertEquals(checkSignature(UNSIGNED, CONFIG), "unsigned");
  assertThrows(
    () => checkSignature(SIGNED, OTHER),
    KeyError,
    `manifest's key ${CONFIG.keyId} does not match provided key ${OTHER.keyId}`,
  );
  const nameless = withUnprotected(SIGNED, "key-fingerprint", undefined);
  assertEquals(checkSignature(nameless, CONFIG), "signed");
  assertThrows(() => checkSignature(nameless, OTHER), CorruptDataError, "wrong signature");
  assertEquals(computeSignature(nameless, CONFIG), SIGNED.signature);
});

Deno.test("checkKeyFingerprint() follows the four rules", () => {
  checkKeyFingerprint(UNSIGNED, undefined);
  checkKeyFingerprint(UNSIGNED, OTHER);
  checkKeyFingerprint(SIGNED, CONFIG);
  const id = CONFIG.keyId;
  assertThrows(
    () => checkKeyFingerprint(SIGNED, undefined),
    KeyError,
    `missing key - manifest was created with key ${id}`,
  );
  assertThrows(
    () => checkKeyFingerprint(SIGNED, OTHER),
    KeyError,
    `wrong key - manifest's key ${id}`,
  );
  for (const value of ["0e:ab", 5, new Map()]) {
    const damaged = withUnprotected(SIGNED, "key-fingerprint", value);
    assertThrows(() => checkKeyFingerprint(damaged, CONFIG), CorruptDataError, "fingerprint");
  }
});
