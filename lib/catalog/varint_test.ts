// deno-lint-ignore-file no-console
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { readVectorJson } from "../../tests/support/pxar_vectors.ts";
import {
  VarintReader,
  writeLargeVarint,
  writeSignedVarint,
  writeUnsignedVarint,
} from "./varint.ts";

interface Case {
  kind: "u64" | "i64";
  value: string;
  bytes: string;
}

function encode(kind: "u64" | "i64", value: bigint): string {
  const bytes = new Uint8Array(11);
  const safe = Number.isSafeInteger(Number(value));
  const end = kind === "i64"
    ? writeSignedVarint(bytes, 0, safe ? Number(value) : value)
    : safe
    ? writeUnsignedVarint(bytes, 0, Number(value))
    : writeLargeVarint(bytes, 0, value);
  return encodeHex(bytes.subarray(0, end));
}

function decode(kind: "u64" | "i64", hex: string): bigint {
  const reader = new VarintReader(decodeHex(hex), "test");
  const value = kind === "u64" ? reader.unsigned() : reader.signed();
  assertEquals(reader.offset, hex.length / 2);
  return BigInt(value);
}

Deno.test("varints are those of the vectors, in both directions", () => {
  const vectors = readVectorJson<Record<string, Case[]>>("pxar-catalog-varint.json");
  const { catalog } = readVectorJson<{ catalog: Record<"u64" | "i64", Record<string, string>> }>(
    "format-vectors.json",
  );
  const cases: Case[] = [];
  for (const kind of ["u64", "i64"] as const) {
    cases.push(...vectors[`encode_${kind}`]!.map((entry) => ({ ...entry, kind })));
    cases.push(...Object.entries(catalog[kind]).map(([value, bytes]) => ({ kind, value, bytes })));
  }
  for (const { kind, value, bytes } of cases) {
    assertEquals(encode(kind, BigInt(value)), bytes, `${kind} ${value}`);
    assertEquals(decode(kind, bytes), BigInt(value), `${kind} ${bytes}`);
  }
  for (const { kind, value, bytes } of vectors.accept_only!) {
    assertEquals(decode(kind, bytes), BigInt(value), `${kind} ${bytes}`);
  }
  for (const { kind, bytes } of vectors.reject!) {
    assertThrows(() => decode(kind, bytes), CorruptDataError, "test", `${kind} ${bytes}`);
  }
  console.log(
    `${cases.length} + ${vectors.accept_only!.length} + ${vectors.reject!.length} varints`,
  );
});

Deno.test("varints read back as they were written", () => {
  const signed = fc.oneof(fc.maxSafeInteger().map(BigInt), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
  fc.assert(fc.property(signed, (value) => {
    assertEquals(decode("i64", encode("i64", value)), value);
    if (value >= 0n) assertEquals(decode("u64", encode("u64", value)), value);
  }));
});
