// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import fc from "fast-check";
import { readVectorBytes, readVectorJson } from "../../tests/support/pxar_vectors.ts";
import { GoodbyeTable, leftmostSlot, nextSlot } from "./goodbye_table.ts";

interface Vectors {
  permutations: { n: number; slot_to_sorted_index: number[] }[];
  tables: { archive: string; goodbye_start: number; goodbye_size: number; raw: string }[];
}

Deno.test("the slots of a goodbye table are walked in the order of the vectors", () => {
  const { permutations } = readVectorJson<Vectors>("pxar-goodbye.json");
  for (const { n, slot_to_sorted_index } of permutations) {
    const sortedIndexes = new Array<number>(n);
    let slot = leftmostSlot(0, n);
    for (let i = 0; i < n; i++) {
      sortedIndexes[slot] = i;
      slot = nextSlot(slot, n);
    }
    assertEquals(sortedIndexes, slot_to_sorted_index, `n = ${n}`);
  }
  console.log(`${permutations.length} permutations`);
});

Deno.test("the goodbye tables of the vectors end their archives", () => {
  const { tables } = readVectorJson<Vectors>("pxar-goodbye.json");
  for (const { archive, goodbye_start, goodbye_size, raw } of tables) {
    const bytes = readVectorBytes(archive);
    assertEquals(encodeHex(bytes.subarray(goodbye_start, goodbye_start + goodbye_size)), raw);
  }
  console.log(`${tables.length} tables, compared with the encoder's by its own vectors`);
});

Deno.test("GoodbyeTable sorts by unsigned hash, whatever ties in the upper half", () => {
  const halves = fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 5, 6);
  fc.assert(fc.property(
    fc.array(fc.tuple(halves, fc.oneof(halves, fc.integer({ min: 0, max: 0xffff_ffff }))), {
      maxLength: 200,
    }),
    (hashes) => {
      const table = new GoodbyeTable();
      table.enter();
      table.add(9, 9, 9, 9);
      table.enter();
      for (const [low, high] of hashes) table.add(low, high, 0, 0);
      const value = (i: number) => BigInt(hashes[i]![1]) << 32n | BigInt(hashes[i]![0]);
      const expected = hashes.map((_, i) => i).sort((a, b) =>
        value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a - b
      );
      assertEquals([...table.sorted()], expected);
      table.leave();
      assertEquals(table.length, 1);
    },
  ));
});

Deno.test("GoodbyeTable sorts a directory whose records need more index bits than fit", () => {
  const length = 2 ** 21 + 5;
  const table = new GoodbyeTable();
  table.enter();
  // Upper halves fall in steps that are smaller than the bits dropped from the sort key.
  for (let i = 0; i < length; i++) table.add(i, length - i, i, 1);
  const order = table.sorted();
  assertEquals(order.length, length);
  assertEquals(order.every((index, i) => index === length - 1 - i), true);
});
