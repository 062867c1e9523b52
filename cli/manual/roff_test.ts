import { assertEquals } from "@std/assert";
import { escapeRoff, roffLines } from "./roff.ts";

Deno.test("escapeRoff() leaves nothing that means markup", () => {
  assertEquals(
    escapeRoff(`a\\b --c 'd' "e" ^~\``),
    "a\\eb \\-\\-c \\(aqd\\(aq \\(dqe\\(dq \\(ha\\(ti\\(ga",
  );
});

Deno.test("roffLines() starts sentences on lines of their own and no line with a control character", () => {
  assertEquals(roffLines("One, e.g. this. Two: three."), ["One, e.g. this.", "Two: three."]);
  assertEquals(roffLines(".pxarexclude is a file."), ["\\&.pxarexclude is a file."]);
  const long = Array.from({ length: 20 }, () => ".word").join(" ");
  for (const line of roffLines(long)) assertEquals(line.startsWith("\\&."), true, line);
});
