// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { CorruptDataError } from "../errors/mod.ts";
import type { Json } from "./_json.ts";
import type { Manifest } from "./manifest.ts";
import { canonicalManifest, parseManifest, serializeManifest } from "./manifest_text.ts";

const EXAMPLE = `{
  "backup-id": "elsa",
  "backup-time": 1700000000,
  "backup-type": "host",
  "files": [
    {
      "crypt-mode": "encrypt",
      "csum": "b4c5a315d99f08d6ca9acfbc549681b1084153a37ceaccde4f90938214c56536",
      "filename": "root.pxar.didx",
      "size": 30
    },
    {
      "crypt-mode": "sign-only",
      "csum": "1ed37be25958c452f12f38e5bccafee577c8a22218e6f4e48ce8c469980cd3af",
      "filename": "fw.conf.blob",
      "size": 30
    }
  ],
  "signature": "8e1d5992e3a9cbfd6cc6a07171813eb9d8ee02028bfc4a6e97f39aba5d086f31",
  "unprotected": {
    "key-fingerprint": "0e:ab:d4:46:0b:6e:b9:ca:34:50:23:de:e2:b7:78:c7:90:e5:4a:16:83:b9:65:9c:0a:57:ae:19:90:90:15:9b"
  }
}`;

const MINIMAL = { "backup-type": "vm", "backup-id": "100", "backup-time": 1, files: [] };
const FILE = { filename: "a.blob", size: 1, csum: "00".repeat(32) };

Deno.test("the example of the format is read and written again byte for byte", () => {
  assertEquals(serializeManifest(parseManifest(EXAMPLE)), EXAMPLE);
});

Deno.test("canonicalManifest() makes the signed text of the vectors", () => {
  const texts = [vectors.manifest, vectors.manifest_with_scrypt_key];
  for (const { canonical_json } of texts) {
    assertEquals(canonicalManifest(parseManifest(canonical_json)), canonical_json);
  }
  assertEquals(canonicalManifest(parseManifest(EXAMPLE)), vectors.manifest.canonical_json);
  console.error(`canonical manifest vectors: ${texts.length}`);
});

Deno.test("an unsigned manifest states so", () => {
  const text = serializeManifest(parseManifest(JSON.stringify(MINIMAL)));
  assertEquals(
    text,
    `{\n  "backup-id": "100",\n  "backup-time": 1,\n  "backup-type": "vm",\n  "files": [],\n` +
      `  "signature": null,\n  "unprotected": {}\n}`,
  );
});

Deno.test("parseManifest() ignores unknown members but keeps all of unprotected as written", () => {
  const unprotected = `{
    "verify_state": {
      "state": "ok",
      "upid": "UPID:\\u0041"
    },
    "x": [
      18446744073709551615,
      1.0,
      1e400,
      -0,
      null,
      true,
      {},
      []
    ],
    "__proto__": {
      "constructor": 1
    }
  }`;
  const text = `{"later":1,"backup-type":"ct","backup-id":"1","backup-time":1,"files":[` +
    `{"filename":"a.blob","size":1,"csum":"${"AB".repeat(32)}","later":2}],` +
    `"unprotected":${unprotected}}`;
  const manifest = parseManifest(text);
  assertEquals(manifest.files[0]!.cryptMode, "none");
  const written = serializeManifest(manifest);
  assertEquals(written.includes("later"), false);
  assertEquals(written.includes("ab".repeat(32)), true);
  assertEquals(
    written.slice(written.indexOf('"unprotected"')),
    `"unprotected": {
    "__proto__": {
      "constructor": 1
    },
    "verify_state": {
      "state": "ok",
      "upid": "UPID:A"
    },
    "x": [
      18446744073709551615,
      1.0,
      1e400,
      -0,
      null,
      true,
      {},
      []
    ]
  }
}`,
  );
});

Deno.test("members are sorted by UTF-8 bytes and text is escaped as the reference does", () => {
  const unprotected = { "\u{10000}": 1, "\uffff": 2, "b": 3, "ab": 4, "a": 5, "é": "\u007f/é" };
  const text = serializeManifest(
    parseManifest(JSON.stringify({ ...MINIMAL, unprotected, "backup-id": '\u0001\n\b"\\' })),
  );
  assertEquals(
    [...text.matchAll(/^ {4}"(.*)":/gm)].map((match) => match[1]),
    ["a", "ab", "b", "é", "\uffff", "\u{10000}"],
  );
  assertEquals(text.includes('"backup-id": "\\u0001\\n\\b\\"\\\\"'), true);
  assertEquals(text.includes('"\u007f/é"'), true);
});

Deno.test("parseManifest() refuses wrong members and says which", () => {
  const cases: [unknown, string][] = [
    [[], "not an object"],
    [{ ...MINIMAL, "backup-type": "lxc" }, '"backup-type" is not one of ct, host, vm'],
    [{ ...MINIMAL, "backup-id": 100 }, '"backup-id" is not a text'],
    [{ ...MINIMAL, "backup-time": "1" }, '"backup-time" is not an integer'],
    [{ ...MINIMAL, "backup-time": 1.5 }, '"backup-time"'],
    [{ ...MINIMAL, "backup-time": 2 ** 53 }, '"backup-time"'],
    [{ ...MINIMAL, files: {} }, '"files" is not an array'],
    [{ ...MINIMAL, files: undefined }, '"files" is missing'],
    [{ ...MINIMAL, files: [FILE, 1] }, "file 1 is damaged: not an object"],
    [{ ...MINIMAL, files: [{ ...FILE, filename: null }] }, '"filename"'],
    [{ ...MINIMAL, files: [{ ...FILE, size: -1 }] }, '"size"'],
    [{ ...MINIMAL, files: [{ ...FILE, csum: "00" }] }, '"csum"'],
    [{ ...MINIMAL, files: [{ ...FILE, csum: "0g".repeat(32) }] }, '"csum"'],
    [{ ...MINIMAL, files: [{ ...FILE, "crypt-mode": "sign" }] }, '"crypt-mode"'],
    [{ ...MINIMAL, files: [{ ...FILE, "crypt-mode": null }] }, '"crypt-mode"'],
    [{ ...MINIMAL, unprotected: [] }, '"unprotected"'],
    [{ ...MINIMAL, signature: "00" }, '"signature"'],
    [{ ...MINIMAL, signature: 5 }, '"signature"'],
    [{ ...MINIMAL, unprotected: { x: "\ud800" } }, "half a character"],
    [{ ...MINIMAL, "\udc00": 1 }, "half a character"],
  ];
  for (const [value, message] of cases) {
    assertThrows(() => parseManifest(JSON.stringify(value)), CorruptDataError, message);
  }
  for (const text of ["", "{", "nul", "\ufeff{}"]) {
    assertThrows(
      () => parseManifest(text, "index.json"),
      CorruptDataError,
      "index.json is damaged",
    );
  }
});

Deno.test("parseManifest() refuses depth instead of running out of stack", () => {
  for (const depth of [129, 100_000]) {
    const text = JSON.stringify(MINIMAL).slice(0, -1) +
      `,"unprotected":{"x":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    assertThrows(() => parseManifest(text), CorruptDataError);
  }
});

Deno.test("serializeManifest() writes what parseManifest() reads back", () => {
  const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger().map((value) => value === 0 ? 0 : value),
      fc.string({ unit: "binary" }),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.array(fc.tuple(fc.string(), tie("json")), { maxLength: 4 }).map((x) => new Map(x)),
    ),
  })).json;
  const manifest: fc.Arbitrary<Manifest> = fc.record({
    snapshot: fc.record({
      type: fc.constantFrom("ct", "host", "vm"),
      id: fc.string({ unit: "binary" }),
      time: fc.nat(),
    }),
    files: fc.array(fc.record({
      filename: fc.string({ unit: "binary" }),
      cryptMode: fc.constantFrom("none", "encrypt", "sign-only"),
      size: fc.maxSafeNat(),
      checksum: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((x) => new Uint8Array(x)),
    })),
    unprotected: fc.array(fc.tuple(fc.string({ unit: "binary" }), json)).map((x) => new Map(x)),
    signature: fc.constantFrom(undefined, "0a".repeat(32)),
  });
  fc.assert(fc.property(manifest, (manifest) => {
    const text = serializeManifest(manifest);
    assertEquals(parseManifest(text), manifest);
    assertEquals(JSON.parse(text)["backup-id"], manifest.snapshot.id);
    assertEquals(JSON.parse(canonicalManifest(manifest)).files.length, manifest.files.length);
  }));
});
