// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { parseKeyFile, serializeKeyFile } from "./key_file.ts";

const UTC = () => 0;
const NONE = vectors.key_files[2]!.file_text;

Deno.test("the key file vectors are read and written again byte for byte", () => {
  for (const vector of vectors.key_files) {
    const file = parseKeyFile(vector.file_text);
    assertEquals(serializeKeyFile(file, UTC), vector.file_text);
    assertEquals(file.created, 1700000000);
    if (vector.data_hex !== null) assertEquals(encodeHex(file.data), vector.data_hex);
  }
  console.error(`key file vectors: ${vectors.key_files.length}`);
});

Deno.test("serializeKeyFile() writes what parseKeyFile() reads back, in any zone", () => {
  const file = fc.record({
    derivation: fc.oneof(
      fc.constant(undefined),
      fc.record({
        kind: fc.constant("scrypt" as const),
        n: fc.nat(),
        r: fc.nat(),
        p: fc.nat(),
        salt: fc.uint8Array(),
      }),
      fc.record({
        kind: fc.constant("pbkdf2" as const),
        iterations: fc.nat(),
        salt: fc.uint8Array(),
      }),
    ),
    created: fc.integer({ min: 0, max: 4_000_000_000 }),
    modified: fc.integer({ min: 0, max: 4_000_000_000 }),
    data: fc.uint8Array(),
    fingerprint: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
    hint: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
  });
  fc.assert(fc.property(file, fc.integer({ min: -840, max: 840 }), (file, zone) => {
    const again = parseKeyFile(serializeKeyFile(file, () => zone));
    assertEquals(structuredClone(again), structuredClone(file));
  }));
});

Deno.test("parseKeyFile() accepts members in any order, missing optional ones and unknown ones", () => {
  const file = parseKeyFile(
    `{ "data": "AAAA", "x": [1], "modified": "2023-11-14T22:13:20Z",
       "created": "2023-11-14T22:13:20Z", "fingerprint": null }`,
  );
  assertEquals(file, {
    derivation: undefined,
    created: 1700000000,
    modified: 1700000000,
    data: new Uint8Array(3),
    fingerprint: undefined,
    hint: undefined,
  });
});

Deno.test("parseKeyFile() refuses wrong members and says which", () => {
  const good = JSON.parse(NONE);
  const cases: [Record<string, unknown>, string][] = [
    [{ created: undefined }, '"created" is missing'],
    [{ created: 1700000000 }, '"created" is missing or no text'],
    [{ modified: "2023-11-14T22:13:20.000Z" }, "RFC 3339"],
    [{ data: undefined }, '"data" is missing'],
    [{ data: "AAA" }, "base64"],
    [{ data: "AAA-" }, "base64"],
    [{ data: "AA==\n" }, "base64"],
    [{ fingerprint: "0e:ab" }, "fingerprint"],
    [{ hint: 5 }, '"hint"'],
    [{ kdf: "Scrypt" }, "an object was expected"],
    [{ kdf: {} }, "unknown key derivation"],
    [{ kdf: { scrypt: {} } }, 'unknown key derivation "scrypt"'],
    [{ kdf: { Scrypt: { n: 65536, r: 8, p: 1 } } }, '"salt" is missing'],
    [{ kdf: { Scrypt: { n: "65536", r: 8, p: 1, salt: "" } } }, '"n" is missing or no integer'],
    [{ kdf: { PBKDF2: { iter: 1.5, salt: "" } } }, '"iter"'],
    [{ kdf: { PBKDF2: null } }, "an object was expected"],
  ];
  for (const [change, message] of cases) {
    const text = JSON.stringify({ ...good, ...change });
    assertThrows(() => parseKeyFile(text, "my.key"), CorruptDataError, "my.key is not a key file");
    assertThrows(() => parseKeyFile(text, "my.key"), CorruptDataError, message);
  }
  for (const text of ["", "null", "[]", "5", "x".repeat(70_000)]) {
    assertThrows(() => parseKeyFile(text), CorruptDataError);
  }
});

Deno.test("parseKeyFile() never shows the key in a message", () => {
  const secret = JSON.parse(NONE).data.slice(0, 12);
  for (let length = 0; length < NONE.length; length++) {
    const error = assertThrows(() => parseKeyFile(NONE.slice(0, length)), CorruptDataError);
    assert(!Deno.inspect(error).includes(secret));
  }
});

Deno.test("parseKeyFile() meets any JSON with an error of its own", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    assertThrows(() => parseKeyFile(text), CorruptDataError);
  }));
});
