// deno-lint-ignore-file no-console
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { HeaderField } from "../http/mod.ts";
import { HpackDecoder } from "./hpack_decoder.ts";
import { HpackEncoder } from "./hpack_encoder.ts";

interface Vector {
  readonly section: string;
  readonly tableLimitBytes: number;
  readonly encoder?: "plain" | "huffman";
  readonly blocks: readonly {
    readonly hex: string;
    readonly fields: readonly HeaderField[];
    readonly tableBytes: number;
  }[];
}
const vectors: Vector[] = JSON.parse(
  await Deno.readTextFile(new URL("../../tests/vectors/hpack-rfc7541.json", import.meta.url)),
);

Deno.test("HpackDecoder decodes the examples of RFC 7541 appendix C", () => {
  let cases = 0;
  for (const { tableLimitBytes, blocks } of vectors) {
    const decoder = new HpackDecoder({ tableLimitBytes });
    for (const { hex, fields, tableBytes } of blocks) {
      assertEquals(decoder.decode(decodeHex(hex)), { fields: [...fields], tooLarge: false });
      assertEquals(decoder.tableSizeBytes, tableBytes);
      cases++;
    }
  }
  assertEquals(cases, 16);
  console.log(`${cases} vector cases`);
});

Deno.test("HpackEncoder writes the request examples of RFC 7541 appendix C", () => {
  let cases = 0;
  for (const { encoder: kind, blocks } of vectors) {
    if (kind === undefined) continue;
    const encoder = new HpackEncoder({ huffman: kind === "huffman" });
    for (const { hex, fields, tableBytes } of blocks) {
      assertEquals(encoder.encode(fields), decodeHex(hex));
      assertEquals(encoder.tableSizeBytes, tableBytes);
      cases++;
    }
  }
  assertEquals(cases, 6);
  console.log(`${cases} vector cases`);
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const value = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)),
});
const field = fc.tuple(
  fc.oneof(name, fc.constantFrom(":path", "content-type", "cookie", "x-a", "x-b")),
  fc.oneof(value, fc.constantFrom("", "a", "application/json")),
);

Deno.test("whatever HpackEncoder writes, HpackDecoder reads, with changing table sizes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(field, { maxLength: 12 }), fc.option(fc.nat(5000))), {
        maxLength: 12,
      }),
      (blocks) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder();
        for (const [fields, limit] of blocks) {
          if (limit !== null) encoder.setTableLimit(limit);
          assertEquals(decoder.decode(encoder.encode(fields)).fields, fields as HeaderField[]);
          assertEquals(decoder.tableSizeBytes, encoder.tableSizeBytes);
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("HpackDecoder refuses malformed blocks", () => {
  const cases: [string, string][] = [
    ["80", "index 0"],
    ["be", "index after both tables"],
    ["ff8080808001", "index too large"],
    ["ffffffffff7f", "index of more than 28 bits"],
    ["7f", "number cut off"],
    ["40", "field cut off"],
    ["400161", "value missing"],
    ["4005616263", "name cut off"],
    ["40016181ff", "Huffman padding of eight bits"],
    ["4001618108", "Huffman padding of zeros"],
    ["40016184ffffffff", "Huffman end-of-string symbol"],
    ["3fe21f", "table larger than agreed"],
    ["8220", "table size update after a field"],
  ];
  for (const [hex, what] of cases) {
    assertThrows(
      () => new HpackDecoder().decode(decodeHex(hex)),
      CorruptDataError,
      undefined,
      what,
    );
  }
});

Deno.test("HpackDecoder keeps its table in step while it drops a list that is too large", () => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder({ listLimitBytes: 100 });
  const large: HeaderField[] = [["x-a", "1"], ["x-b", "2".repeat(100)], ["x-c", "3"]];
  const first = decoder.decode(encoder.encode(large));
  assert(first.tooLarge);
  assert(first.fields.length < 3);
  assertEquals(decoder.decode(encoder.encode([["x-c", "3"]])).fields, [["x-c", "3"]]);
});

Deno.test("HpackEncoder puts no secret into its table", () => {
  const encoder = new HpackEncoder();
  encoder.encode([["authorization", "secret"], ["cookie", "PBSAuthCookie=x"]]);
  assertEquals(encoder.tableSizeBytes, 0);
});

Deno.test("HpackEncoder refuses characters that cannot be sent and changes nothing", () => {
  const encoder = new HpackEncoder();
  for (const bad of [["x-a", "a\r\nb"], ["x a", "1"], ["x-a", "€"], ["", ""]] as const) {
    assertThrows(() => encoder.encode([["x-good", "1"], bad]));
  }
  assertEquals(encoder.tableSizeBytes, 0);
});
