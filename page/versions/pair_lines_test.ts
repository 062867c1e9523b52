import { assertEquals } from "@std/assert";
import { pairLines, passagesOf } from "./pair_lines.ts";

/** Pairs as text: `1 a | 1 a`, with `!` before those that differ. */
function drawn(left: string, right: string): string[] {
  return pairLines(left, right).map((pair) => {
    const side = (line: typeof pair.left) =>
      line === undefined ? "" : `${line.number} ${line.text}`;
    return `${pair.isEqual ? "" : "!"}${side(pair.left)}|${side(pair.right)}`;
  });
}

Deno.test("lines that are alike stand beside each other, changed ones as far as they pair up", () => {
  assertEquals(drawn("a\nb\nc\n", "a\nB\nc\n"), ["1 a|1 a", "!2 b|2 B", "3 c|3 c"]);
  assertEquals(drawn("a\nb\nc\n", "a\nc\n"), ["1 a|1 a", "!2 b|", "3 c|2 c"]);
  assertEquals(drawn("a\n", "x\na\ny\n"), ["!|1 x", "1 a|2 a", "!|3 y"]);
  assertEquals(drawn("", "a\n"), ["!|1 a"]);
  assertEquals(drawn("", ""), []);
});

Deno.test("equal lines far from a change are left out", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const changed = lines.with(20, "another");
  const passages = passagesOf(pairLines(lines.join("\n"), changed.join("\n")));
  assertEquals(
    passages.map((part) => "shown" in part ? part.shown.length : -part.hidden.length),
    [-17, 7, -16],
  );
});

Deno.test("texts that have little in common are compared in bounded time", () => {
  const text = (seed: number) =>
    Array.from({ length: 30_000 }, (_, index) => `${index * seed % 7919}`).join("\n");
  const pairs = pairLines(text(31), text(37));
  assertEquals(pairs.filter(({ left }) => left !== undefined).length, 30_000);
  assertEquals(pairs.filter(({ right }) => right !== undefined).length, 30_000);
});
