import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { scaleTables, withTables } from "../../scripts/scale/tables.ts";
import { amount, bytes, duration, money } from "../../scripts/scale/units.ts";

const DOCUMENT = new URL("../../docs/internals/scale.md", import.meta.url);

/** Lines without what a formatter may choose: widths of cells. */
function significantLines(text: string): string[] {
  return text.split("\n").map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---"));
}

Deno.test("docs/internals/scale.md has the tables that the assumptions give", async () => {
  const written = await Deno.readTextFile(DOCUMENT);
  const advice = "run scripts/write_scale_tables.ts";
  assertEquals(significantLines(written), significantLines(withTables(written)), advice);
  assertMatch(written, /\| chunks +\| +278,000 \|/);
});

Deno.test("withTables() wants a place for each table, and no other", () => {
  assertThrows(() => withTables(""), Error, "no place for");
  const other = "<!-- table: other -->\n\n<!-- end -->";
  assertThrows(() => withTables(other, new Map()), Error, 'no table "other"');
  const place = "a\n<!-- table: store -->\nold\n<!-- end -->\nb";
  const text = withTables(place, new Map([["store", "new"]]));
  assertEquals(text, "a\n<!-- table: store -->\n\nnew\n\n<!-- end -->\nb");
  assertEquals(scaleTables().size, 6);
});

Deno.test("numbers of the tables have three digits and their units", () => {
  const counts = [0.5, 16, 3600, 9999.4, 9_999.6, 65_536, 278_000, 999_600, 1e6, 2.78e9, 1e10];
  assertEquals(counts.map(amount), [
    ...["0.50", "16", "3600", "9999", "10,000", "65,500", "278,000"],
    ...["1.00 million", "1 million", "2.78 billion", "10 billion"],
  ]);
  assertEquals([1e3, 16.7e6, 2 ** 29, 2.16e16].map(bytes), [
    "1 kB",
    "16.7 MB",
    "537 MB",
    "21.6 PB",
  ]);
  assertEquals([0, 1.86, 7199, 7200, 2e5].map(duration), [
    ...["0.10 s", "1.86 s", "120 min", "2 h", "2.31 days"],
  ]);
  assertEquals([0, 0.001, 13.8, 13_907.6].map(money), ["$0", "< $0.01", "$13.80", "$13,908"]);
});
