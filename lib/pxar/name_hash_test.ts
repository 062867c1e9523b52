// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { decodeHex } from "../bytes/mod.ts";
import { readVectorJson } from "../../tests/support/pxar_vectors.ts";
import { ITEM_TYPES } from "./format.ts";
import { hashName } from "./name_hash.ts";

interface Vectors {
  names: { name_hex: string; hash: string }[];
  item_types: { seed: string; value: string }[];
}

function hash(bytes: Uint8Array): bigint {
  const out = new Uint32Array(4);
  hashName(bytes, 0, bytes.byteLength, out, 1);
  return BigInt(out[2]!) << 32n | BigInt(out[1]!);
}

Deno.test("hashName reproduces all name hashes of the vectors", () => {
  const { names } = readVectorJson<Vectors>("pxar-siphash.json");
  for (const { name_hex, hash: expected } of names) {
    assertEquals(hash(decodeHex(name_hex)), BigInt(expected), name_hex);
  }
  console.log(`${names.length} name hashes`);
});

Deno.test("hashName of the seed strings gives the item type constants", () => {
  const { item_types } = readVectorJson<Vectors>("pxar-siphash.json");
  const known = new Set(ITEM_TYPES.map(([, type]) => type));
  let found = 0;
  for (const { seed, value: expected } of item_types) {
    const type = hash(new TextEncoder().encode(seed));
    assertEquals(type, BigInt(expected), seed);
    if (known.has(type)) found++;
  }
  assertEquals(found, ITEM_TYPES.length);
  console.log(`${item_types.length} item types`);
});
