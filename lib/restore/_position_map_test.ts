import { assertEquals } from "@std/assert";
import { PositionMap } from "./_position_map.ts";

Deno.test("PositionMap finds what was added, in whatever order, and nothing else", () => {
  const map = new PositionMap();
  const pairs: [number, number][] = [];
  for (let i = 0; i < 10_000; i++) pairs.push([7 * i + 2 ** 40, 11 * i]);
  for (const [from, to] of pairs) map.add(from, to);
  map.add(3, 2 ** 50);
  map.add(3, 1);
  map.add(pairs[9]![0], 1);
  for (const [from, to] of pairs) assertEquals(map.find(from), to);
  assertEquals(map.find(3), 2 ** 50);
  for (const missing of [0, 4, 2 ** 40 - 1, 2 ** 40 + 1, 2 ** 41]) {
    assertEquals(map.find(missing), undefined);
  }
});

Deno.test("PositionMap that is empty finds nothing", () => {
  assertEquals(new PositionMap().find(0), undefined);
});
