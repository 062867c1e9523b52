import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { KeyError } from "../errors/mod.ts";
import { createCryptConfig } from "./crypt_config.ts";
import {
  checkMasterPublicKey,
  createMasterKeyPair,
  decryptKeyWithMaster,
  describeMasterPublicKey,
  encryptKeyForMaster,
  isProtectedPrivateKey,
  NewMasterKey,
} from "./master_key.ts";

const CONFIG = await createCryptConfig(Uint8Array.from({ length: 32 }, (_, i) => i));
const CREATED = 1700000000;

/** Runs openssl with files in a folder of its own. */
async function openssl(args: string[], files: Record<string, string | Uint8Array>) {
  const directory = await Deno.makeTempDir({ prefix: "pbs-openssl-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${directory}/${name}`, bytes);
    }
    const result = await new Deno.Command("openssl", { args, cwd: directory }).output();
    assert(result.success, new TextDecoder().decode(result.stderr));
    return new TextDecoder().decode(result.stdout);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a master key made here encrypts a key that it recovers, and so does openssl", async () => {
  const { publicPem, privatePem } = await createMasterKeyPair("good horse", 3072);
  assert(publicPem.startsWith("-----BEGIN PUBLIC KEY-----\n"));
  assert(privatePem.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  assertEquals(isProtectedPrivateKey(privatePem), true);
  checkMasterPublicKey(publicPem);

  const encrypted = await encryptKeyForMaster(publicPem, CONFIG, CREATED);
  assertEquals(encrypted.byteLength, 384);
  const file = decryptKeyWithMaster(privatePem, encrypted, "good horse");
  assertEquals(file.data, CONFIG.encryptionKey);
  assertEquals(file.fingerprint, CONFIG.fingerprint);
  assertEquals([file.created, file.derivation, file.hint], [CREATED, undefined, undefined]);
  assertThrows(() => decryptKeyWithMaster(privatePem, encrypted, "bad horse"), KeyError);
  assertThrows(() => decryptKeyWithMaster(privatePem, encrypted, undefined), KeyError);

  const text = await openssl(
    ["pkeyutl", "-decrypt", "-inkey", "private.pem", "-passin", "pass:good horse"]
      .concat(["-pkeyopt", "rsa_padding_mode:pkcs1", "-in", "encrypted"]),
    { "private.pem": privatePem, encrypted },
  );
  assertEquals(text.length, 255);
  assertEquals(JSON.parse(text).data, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  const structure = await openssl(["asn1parse", "-in", "private.pem"], {
    "private.pem": privatePem,
  });
  for (const name of ["PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc"]) {
    assert(structure.includes(`:${name}`), name);
  }
});

Deno.test("a private key that openssl protected is read with its passphrase", async () => {
  const pem = await openssl(
    ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-aes-256-cbc"]
      .concat(["-pass", "pass:good horse"]),
    {},
  );
  const publicPem = await openssl(
    ["pkey", "-pubout", "-in", "private.pem", "-passin", "pass:good horse"],
    { "private.pem": pem },
  );
  const encrypted = await encryptKeyForMaster(publicPem, CONFIG, CREATED);
  assertEquals(decryptKeyWithMaster(pem, encrypted, "good horse").data, CONFIG.encryptionKey);
});

Deno.test("a master key is described by the numbers that openssl tells", async () => {
  const key = await NewMasterKey.generate(3072);
  const details = describeMasterPublicKey(key.publicPem);
  assertEquals(details, key.details);
  const text = await openssl(["rsa", "-pubin", "-in", "public.pem", "-noout", "-modulus"], {
    "public.pem": key.publicPem,
  });
  assertEquals(text, `Modulus=${details.modulus}\n`);
  assertEquals([details.exponent, details.bits], ["65537", 3072]);
});

Deno.test("a master key of 2048 bits is refused", async () => {
  const { publicPem } = await createMasterKeyPair("good horse", 2048);
  await assertRejects(
    () => encryptKeyForMaster(publicPem, CONFIG, CREATED),
    KeyError,
    "master key of 2048 bits is too small",
  );
});

Deno.test("what is no RSA key is refused as master key", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const elliptic = {
    publicKey: String(pair.publicKey.export({ type: "spki", format: "pem" })),
    privateKey: String(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
  };
  assertThrows(
    () => checkMasterPublicKey(elliptic.publicKey),
    KeyError,
    "not a valid public RSA key",
  );
  assertThrows(
    () => checkMasterPublicKey(elliptic.privateKey),
    KeyError,
    "a private key, not a public one",
  );
  assertThrows(() => checkMasterPublicKey("hello"), KeyError, "it holds no public key");
  const decrypt = (pem: string) => () => decryptKeyWithMaster(pem, new Uint8Array(384), undefined);
  assertThrows(decrypt(elliptic.privateKey), KeyError, "not a valid private RSA key");
  assertThrows(decrypt("hello"), KeyError, "failed to read PEM-formatted private key");
  assertEquals(isProtectedPrivateKey(elliptic.privateKey), false);
});

Deno.test("an encrypted key of another master key, or of any bytes, is refused", async () => {
  const [one, other] = await Promise.all([
    createMasterKeyPair("good horse", 3072),
    createMasterKeyPair("good horse", 3072),
  ]);
  const encrypted = await encryptKeyForMaster(one.publicPem, CONFIG, CREATED);
  for (const bytes of [encrypted, encrypted.subarray(1), new Uint8Array(), new Uint8Array(384)]) {
    assertThrows(() => decryptKeyWithMaster(other.privatePem, bytes, "good horse"), KeyError);
  }
});
