// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { encodeHex } from "../bytes/mod.ts";
import { KeyError } from "../errors/mod.ts";
import { createKeyDerivation, deriveKey, type KeyDerivation } from "./key_derivation.ts";
import { parseKeyFile } from "./key_file.ts";

const SALT = new Uint8Array(32);
const PASSPHRASE = new TextEncoder().encode("correct horse");

Deno.test("deriveKey() agrees with the key file vectors and the one without salt", async () => {
  let count = 0;
  for (const vector of vectors.key_files) {
    const { derivation } = parseKeyFile(vector.file_text);
    if (derivation === undefined) continue;
    const key = await deriveKey(derivation, new TextEncoder().encode(vector.passphrase!));
    assertEquals(encodeHex(key), vector.derived_key);
    count++;
  }
  const { n, r, p, passphrase, derived_key_used_as_raw_key } = vectors.manifest_with_scrypt_key;
  const derivation = { kind: "scrypt", n, r, p, salt: new Uint8Array() } as const;
  assertEquals(
    encodeHex(await deriveKey(derivation, new TextEncoder().encode(passphrase))),
    derived_key_used_as_raw_key,
  );
  console.error(`key derivation vectors: ${count + 1}`);
});

Deno.test("createKeyDerivation() takes the usual parameters and a new salt", () => {
  const scrypt = createKeyDerivation("scrypt");
  assertEquals({ ...scrypt, salt: SALT }, { kind: "scrypt", n: 65536, r: 8, p: 1, salt: SALT });
  const pbkdf2 = createKeyDerivation("pbkdf2");
  assertEquals({ ...pbkdf2, salt: SALT }, { kind: "pbkdf2", iterations: 65535, salt: SALT });
  assertEquals(pbkdf2.salt.byteLength, 32);
  assertNotEquals(pbkdf2.salt, createKeyDerivation("pbkdf2").salt);
});

Deno.test("deriveKey() refuses parameters that cannot be or ask for too much", async () => {
  const scrypt = (n: number, r: number, p: number): KeyDerivation => ({
    kind: "scrypt",
    n,
    r,
    p,
    salt: SALT,
  });
  const pbkdf2 = (iterations: number): KeyDerivation => ({
    kind: "pbkdf2",
    iterations,
    salt: SALT,
  });
  for (
    const derivation of [
      scrypt(0, 8, 1),
      scrypt(1, 8, 1),
      scrypt(65535, 8, 1),
      scrypt(-65536, 8, 1),
      scrypt(65536, 0, 1),
      scrypt(65536, 8, 0),
      scrypt(65536, 8, 1.5),
      scrypt(2 ** 21, 8, 1),
      scrypt(2, 2 ** 30, 1),
      scrypt(2, 1, 2 ** 40),
      scrypt(65536, 8, 300),
      pbkdf2(0),
      pbkdf2(-1),
      pbkdf2(0.5),
      pbkdf2(2 ** 40),
    ]
  ) {
    await assertRejects(() => deriveKey(derivation, PASSPHRASE), KeyError, "key file asks for");
  }
});
