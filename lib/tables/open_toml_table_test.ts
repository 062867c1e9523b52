import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { lineOf } from "./line_of.ts";
import { openTomlTable } from "./open_toml_table.ts";
import { parseToml } from "./parse_toml.ts";
import { plainValue } from "./plain_value.ts";

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

Deno.test("parseToml() knows values and their lines", () => {
  const root = parseToml(TEXT);
  assertEquals(JSON.parse(JSON.stringify(plainValue(root))), {
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
  for (const [place, line] of cases) assertEquals(lineOf(root, place), line, place.join("."));
});

Deno.test("openTomlTable() names the line of a mistake, and none of its text", () => {
  for (const text of ["a = 1\na = hunter2", "a = 1\na = 2", 'a = 1\nb = "hunter2', "\n[a]]"]) {
    const error = assertThrows(
      () => openTomlTable(text, "x.toml"),
      UsageError,
      "x.toml, line 2: ",
    );
    assertEquals(error.message.includes("hunter2"), false);
  }
});
