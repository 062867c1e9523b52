import { assertEquals, assertThrows } from "@std/assert";
import { ConfigTable } from "./config_table.ts";
import { TableError } from "./table_error.ts";

function tableOf(value: unknown): ConfigTable {
  return new ConfigTable(value, ["jobs", "a b"]);
}

Deno.test("ConfigTable gives checked values", () => {
  const table = tableOf({ a: "x", b: ["y", "z"], c: true, d: 5, e: "1h", f: "two", g: { h: "i" } });
  assertEquals(table.text("a"), "x");
  assertEquals(table.texts("a"), ["x"]);
  assertEquals(table.texts("b"), ["y", "z"]);
  assertEquals(table.flag("c"), true);
  assertEquals(table.number("d", 1, 5), 5);
  assertEquals(table.span("e", 0, 3600), 3600);
  assertEquals(table.span("d", 0, 3600), 5);
  assertEquals(table.choice("f", ["one", "two"]), "two");
  assertEquals(table.table("g")?.line("h"), "i");
  table.finish();
});

Deno.test("ConfigTable names the place of a mistake", () => {
  const cases: [Record<string, unknown>, (table: ConfigTable) => unknown, string][] = [
    [{ k: 1 }, (table) => table.text("k"), "must be a text"],
    [{ k: "" }, (table) => table.text("k"), "must not be empty"],
    [{ k: "a\0" }, (table) => table.text("k"), "must not have control characters"],
    [{ k: "a\nb" }, (table) => table.line("k"), "must be one line"],
    [{ k: "no" }, (table) => table.flag("k"), "must be true or false"],
    [{ k: 1.5 }, (table) => table.number("k", 0, 9), "must be a whole number from 0 to 9"],
    [{ k: 10n }, (table) => table.number("k", 0, 9), "must be a whole number from 0 to 9"],
    [{ k: "soon" }, (table) => table.span("k", 0, 9), "must be a span of time"],
    [{ k: "1d" }, (table) => table.span("k", 0, 9), "must be from 0 to 9 seconds"],
    [{ k: "x" }, (table) => table.choice("k", ["a", "b"]), "must be one of: a, b"],
    [{ k: [] }, (table) => table.table("k"), "must be a table"],
    [{ k: new Date() }, (table) => table.table("k"), "must be a table"],
    [{}, (table) => table.required("k", table.text("k")), "is missing"],
    [{ k: "x" }, (table) => table.finish(), "unknown key"],
    [{ k: "x", __proto__: { y: 1 } }, (table) => table.finish(), "unknown key"],
  ];
  for (const [value, take, problem] of cases) {
    const error = assertThrows(() => take(tableOf(value)), TableError, `jobs."a b".k: ${problem}`);
    assertEquals(error.place, ["jobs", "a b", "k"]);
  }
  assertThrows(() => tableOf(null), TableError, 'jobs."a b": must be a table');
  assertThrows(() => tableOf({ k: ["a", 1] }).texts("k"), TableError, 'jobs."a b".k.2: must be');
});
