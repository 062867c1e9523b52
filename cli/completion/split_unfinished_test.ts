import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { splitUnfinished } from "./split_unfinished.ts";

Deno.test("splitUnfinished() takes quotes and backslashes as a shell does, closed or not", () => {
  const cases: [string, string[], string][] = [
    ["", [], ""],
    ["prog", [], "prog"],
    ["prog  list\t", ["prog", "list"], ""],
    ["a 'b c' \"d e", ["a", "b c"], "d e"],
    ['a "b\\"c\\d', ["a"], 'b"c\\d'],
    ["a b\\ c", ["a"], "b c"],
    ["a b\\", ["a"], "b"],
    ["a '' ", ["a", ""], ""],
    ["a x'y z'w ü", ["a", "xy zw"], "ü"],
  ];
  for (const [line, words, current] of cases) {
    assertEquals(splitUnfinished(line), { words, current });
  }
});

Deno.test("splitUnfinished() gives back words that were quoted", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme" })), (words) => {
    const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}' `).join("");
    assertEquals(splitUnfinished(line), { words, current: "" });
  }));
});
