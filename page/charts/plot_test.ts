import { assertEquals } from "@std/assert";
import { roundUp } from "./plot.tsx";

Deno.test("the top of a plot is a round number of its unit, not below the highest value", () => {
  const tops: readonly (readonly [number, number])[] = [
    [0, 1],
    [1, 1],
    [7, 10],
    [1024, 1024],
    [1025, 2048],
    [7.6 * 1024 ** 4, 10 * 1024 ** 4],
    [999, 1024],
    [501 * 1024, 1024 ** 2],
  ];
  for (const [value, top] of tops) assertEquals(roundUp(value), top);
});
