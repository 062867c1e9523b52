import { assertEquals } from "@std/assert";
import { normaliseMatchPath } from "./match_normalise.ts";

const clean = (text: string) =>
  new TextDecoder().decode(normaliseMatchPath(new TextEncoder().encode(text)));

for (
  const [before, after] of [
    ["./a", "a"],
    ["x/../b", "b"],
    ["/c/./d", "/c/d"],
    ["a//b/", "a/b/"],
    ["//a", "/a"],
    ["../a", "../a"],
    ["a/../../b", "../b"],
    ["/../a", "/a"],
    ["a/..", ""],
    ["/", "/"],
    ["///", "/"],
    ["", ""],
    ["*.o", "*.o"],
    [".", ""],
    ["...", "..."],
    ["**/./x", "**/x"],
  ] as const
) {
  Deno.test(`normaliseMatchPath() makes "${after}" of "${before}"`, () => {
    assertEquals(clean(before), after);
  });
}

Deno.test("normaliseMatchPath() returns what needs no change itself", () => {
  const path = new Uint8Array([0xff, 0x2f, 0xfe]);
  assertEquals(normaliseMatchPath(path) === path, true);
});
