// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assert, assertEquals, assertRejects } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { decodeHex } from "../bytes/mod.ts";
import { KeyError, UsageError } from "../errors/mod.ts";
import { parseKeyFile, serializeKeyFile } from "./key_file.ts";
import { changePassphrase, generateKey, openKey, protectKey } from "./protect_key.ts";

const RAW_KEY = decodeHex(vectors.key.raw_key);
const PASSPHRASE = new TextEncoder().encode("correct horse");
const pbkdf2 = parseKeyFile(vectors.key_files[1]!.file_text);

function neverAsked(): Uint8Array {
  throw new Error("the passphrase was asked for");
}

Deno.test("protectKey() with the vectors' salt and IV makes the vectors' files", async () => {
  for (const { passphrase, file_text } of vectors.key_files) {
    const { derivation } = parseKeyFile(file_text);
    const file = await protectKey(RAW_KEY, {
      kdf: derivation?.kind ?? "none",
      passphrase: passphrase === null ? undefined : new TextEncoder().encode(passphrase),
      created: 1700000000,
      modified: 1700000000,
      fixed: derivation && { derivation, iv: decodeHex("404142434445464748494a4b4c4d4e4f") },
    });
    assertEquals(serializeKeyFile(file, () => 0), file_text);
  }
  console.error(`key protection vectors: ${vectors.key_files.length}`);
});

Deno.test("openKey() opens the key file vectors", async () => {
  for (const { passphrase, file_text } of vectors.key_files) {
    const ask = passphrase === null ? neverAsked : () => new TextEncoder().encode(passphrase);
    const config = await openKey(parseKeyFile(file_text), ask);
    assertEquals(config.encryptionKey, RAW_KEY);
  }
});

Deno.test("openKey() tells wrong, short and hinted passphrases apart", async () => {
  const wrong = () => new TextEncoder().encode("wrong horse");
  await assertRejects(() => openKey(pbkdf2, wrong), KeyError, "wrong password?");
  await assertRejects(
    () => openKey({ ...pbkdf2, hint: "the animal" }, wrong),
    KeyError,
    "Unable to decrypt key (password hint: the animal)",
  );
  const short = () => new TextEncoder().encode("hors");
  await assertRejects(() => openKey(pbkdf2, short), KeyError, "too short");
  let asked: string | undefined;
  await openKey({ ...pbkdf2, hint: "the animal" }, (hint) => {
    asked = hint;
    return PASSPHRASE;
  });
  assertEquals(asked, "the animal");
});

Deno.test("openKey() refuses damaged data, other lengths and another fingerprint", async () => {
  for (const length of [0, 31]) {
    const data = pbkdf2.data.subarray(0, length);
    await assertRejects(() => openKey({ ...pbkdf2, data }, () => PASSPHRASE), KeyError, "only");
  }
  for (const at of [0, 16, 32, 63]) {
    const data = pbkdf2.data.slice();
    data[at]! ^= 1;
    await assertRejects(() => openKey({ ...pbkdf2, data }, () => PASSPHRASE), KeyError);
  }
  const none = await protectKey(RAW_KEY, { kdf: "none" });
  const short = { ...none, data: RAW_KEY.subarray(1) };
  await assertRejects(() => openKey(short, neverAsked), KeyError, "31 bytes");
  await assertRejects(
    () => openKey({ ...none, fingerprint: new Uint8Array(32) }, neverAsked),
    KeyError,
    "states fingerprint 00:00:00:00:00:00:00:00, but its key has fingerprint 0e:ab:d4:46:0b:6e:b9:ca",
  );
  assertEquals(
    (await openKey({ ...none, fingerprint: undefined }, neverAsked)).encryptionKey,
    RAW_KEY,
  );
});

Deno.test("changePassphrase() keeps key and creation time and drops the hint", async () => {
  const file = { ...pbkdf2, hint: "old" };
  const passphrase = new TextEncoder().encode("battery staple");
  const changed = await changePassphrase(file, () => PASSPHRASE, { kdf: "pbkdf2", passphrase });
  assertEquals(changed.created, file.created);
  assert(changed.modified > file.modified);
  assertEquals(changed.hint, undefined);
  assertEquals(changed.fingerprint, file.fingerprint);
  assertEquals(changed.derivation!.kind, "pbkdf2");
  assert(String(changed.derivation!.salt) !== String(pbkdf2.derivation!.salt));
  assertEquals((await openKey(changed, () => passphrase)).encryptionKey, RAW_KEY);
  await assertRejects(() => openKey(changed, () => PASSPHRASE), KeyError);
  const bare = await changePassphrase(changed, () => passphrase, { kdf: "none" });
  assertEquals(bare.data, RAW_KEY);
});

Deno.test("protectKey() checks passphrase and hint", async () => {
  const passphrase = PASSPHRASE;
  const refused = [
    { kdf: "scrypt" },
    { kdf: "scrypt", passphrase: passphrase.subarray(0, 4) },
    { kdf: "none", hint: "x" },
    { kdf: "pbkdf2", passphrase, hint: "" },
    { kdf: "pbkdf2", passphrase, hint: "x".repeat(65) },
    { kdf: "pbkdf2", passphrase, hint: "two\nlines" },
  ] as const;
  for (const protection of refused) {
    await assertRejects(() => protectKey(RAW_KEY, protection), UsageError);
  }
  const hint = "\u{1f40e}".repeat(64);
  assertEquals((await protectKey(RAW_KEY, { kdf: "pbkdf2", passphrase, hint })).hint, hint);
  await assertRejects(() => protectKey(RAW_KEY.subarray(1), { kdf: "none" }), KeyError);
});

Deno.test("generateKey() gives 32 bytes, other ones every time", () => {
  assertEquals(generateKey().byteLength, 32);
  assert(String(generateKey()) !== String(generateKey()));
});
