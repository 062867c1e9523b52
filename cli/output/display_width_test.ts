import { assertEquals } from "@std/assert";
import { cutToWidth, displayWidth } from "./display_width.ts";
import { renderTable } from "./table.ts";

/** Columns by which a terminal's cursor moves, as the C library's `wcwidth` has it. */
const WIDTHS: readonly (readonly [string, number])[] = [
  ["plain", 5],
  // A letter with a mark of its own, and one with two.
  ["cafe\u0301", 4],
  ["o\u0302\u0323", 1],
  // Chinese, Japanese, Korean; Hangul whole and in letters.
  ["数据", 4],
  ["データ", 6],
  ["한", 2],
  ["\u1112\u1161\u11ab", 2],
  // Full width and half width.
  ["ＡＢ", 4],
  ["ｶﾅ", 2],
  // Emoji in four blocks, most of which the first table of this program did not have.
  ["✅", 2],
  ["⌚", 2],
  ["🟠", 2],
  ["🫠", 2],
  // Two letters that make a flag.
  ["🇩🇪", 2],
  // A heart that is text, with the selector that asks for an emoji.
  ["❤\ufe0f", 1],
  // Marks below and above, of right-to-left and Thai letters.
  ["שָׁלוֹם", 4],
  ["ที่", 1],
  // Nothing to see: zero-width space and joiner, a mark of direction. The soft hyphen is shown.
  ["a\u200b\u200db\u200e", 2],
  ["a\u00adb", 3],
];

Deno.test("displayWidth() counts the columns that the cursor of a terminal moves by", () => {
  for (const [text, width] of WIDTHS) assertEquals([text, displayWidth(text)], [text, width]);
});

Deno.test("a table's right border stands in one column, whatever the cells are written in", () => {
  const rendered = renderTable(
    { alignments: ["left", "right"], rows: WIDTHS.map(([text, width]) => [text, String(width)]) },
    { borders: "utf-8", hasHeader: false },
  );
  const rows = rendered.trimEnd().split("\n").filter((line) => line.startsWith("│"));
  assertEquals(rows.length, WIDTHS.length);
  rows.forEach((line, row) => {
    // What is left of a line without its cell is blanks and borders of one column each.
    const [text, width] = WIDTHS[row]!;
    assertEquals([text, line.length - text.length + width], [text, 14]);
  });
});

Deno.test("cutToWidth() leaves no accent without its letter and no half of a flag", () => {
  assertEquals(cutToWidth("cafe\u0301s", 4), "cafe\u0301");
  assertEquals(cutToWidth("cafe\u0301s", 3), "caf");
  assertEquals(cutToWidth("a🇩🇪b", 2), "a");
  assertEquals(cutToWidth("数据库", 5), "数据");
  assertEquals(cutToWidth("👩\u200d🚀 off", 3), "");
});
