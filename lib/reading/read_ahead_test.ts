import { assertEquals } from "@std/assert";
import { ReadAhead } from "./read_ahead.ts";

Deno.test("chunks are fetched ahead for those who read on, not for those who jump about", () => {
  const ahead = new ReadAhead();
  assertEquals([7, 7, 8, 8, 30, 9, 10, 11].map((chunk) => ahead.follow(chunk)), [
    0,
    0,
    0,
    0,
    0,
    1,
    3,
    4,
  ]);
  assertEquals([99, 5, 1, 40, 17].map((chunk) => ahead.follow(chunk)), [0, 0, 0, 0, 0]);
  assertEquals(
    [31, 12, 13].map((chunk) => ahead.follow(chunk)),
    [0, 4, 4],
    "two readers at a time",
  );
});
