import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { parseTomlTable } from "./parse_toml_table.ts";

const TEXT = `top = 1
[a]
b = "c" # comment
"d e" = { f = true, g = [1, 2] }
h.i = """
x
y"""

[[list]]
j = 1
[[list]]
j = 2
`;

Deno.test("parseTomlTable() knows values and their lines", () => {
  const { value, lineOf } = parseTomlTable(TEXT, "x");
  assertEquals(JSON.parse(JSON.stringify(value)), {
    top: 1,
    a: { b: "c", "d e": { f: true, g: [1, 2] }, h: { i: "x\ny" } },
    list: [{ j: 1 }, { j: 2 }],
  });
  const cases: [string[], number][] = [
    [["top"], 1],
    [["a"], 2],
    [["a", "b"], 3],
    [["a", "d e", "f"], 4],
    [["a", "h", "i"], 5],
    [["a", "missing"], 2],
    [["list", "1", "j"], 10],
    [["list", "2", "j"], 12],
    [["nowhere"], 1],
  ];
  for (const [place, line] of cases) assertEquals(lineOf(place), line, place.join("."));
});

Deno.test("parseTomlTable() names the line of a mistake, and none of its text", () => {
  for (const text of ["a = 1\na = hunter2", "a = 1\na = 2", 'a = 1\nb = "hunter2', "\n[a]]"]) {
    const error = assertThrows(
      () => parseTomlTable(text, "x.toml"),
      UsageError,
      "x.toml, line 2: ",
    );
    assertEquals(error.message.includes("hunter2"), false);
  }
});
