import { assertEquals } from "@std/assert";
import { renderList, renderTable, type TableStyle } from "./table.ts";

const UTF8: TableStyle = { borders: "utf-8", hasHeader: true };

/** Spec: cli.md §1.8, golden samples. */
const ROWS = [
  ["ct/101/2026-03-01T02:00:00Z", "1.5 GiB", "catalog.pcat1 index.json pct.conf root.pxar"],
  ["host/web1/2026-03-02T02:00:00Z", "812.25 MiB", "index.json root.mpxar root.ppxar"],
];

function golden(style: TableStyle): string {
  return renderList(
    [
      { title: "snapshot", cell: (row: readonly string[]) => row[0]! },
      { title: "size", align: "right", cell: (row) => row[1]! },
      { title: "files", cell: (row) => row[2]! },
    ],
    ROWS,
    style,
  );
}

Deno.test("renderList() draws the golden sample with UTF-8 borders", () => {
  assertEquals(
    golden(UTF8),
    `┌────────────────────────────────┬────────────┬─────────────────────────────────────────────┐
│ snapshot                       │       size │ files                                       │
╞════════════════════════════════╪════════════╪═════════════════════════════════════════════╡
│ ct/101/2026-03-01T02:00:00Z    │    1.5 GiB │ catalog.pcat1 index.json pct.conf root.pxar │
├────────────────────────────────┼────────────┼─────────────────────────────────────────────┤
│ host/web1/2026-03-02T02:00:00Z │ 812.25 MiB │ index.json root.mpxar root.ppxar            │
└────────────────────────────────┴────────────┴─────────────────────────────────────────────┘
`,
  );
});

Deno.test("renderList() draws the golden sample with ASCII borders", () => {
  assertEquals(
    golden({ borders: "ascii", hasHeader: true }),
    `+================================+============+=============================================+
| snapshot                       |       size | files                                       |
+================================+============+=============================================+
| ct/101/2026-03-01T02:00:00Z    |    1.5 GiB | catalog.pcat1 index.json pct.conf root.pxar |
+--------------------------------+------------+---------------------------------------------+
| host/web1/2026-03-02T02:00:00Z | 812.25 MiB | index.json root.mpxar root.ppxar            |
+================================+============+=============================================+
`,
  );
});

Deno.test("renderList() without borders has no header and keeps trailing blanks", () => {
  const text = "ct/101/2026-03-01T02:00:00Z       1.5 GiB catalog.pcat1 index.json pct.conf " +
    "root.pxar\nhost/web1/2026-03-02T02:00:00Z 812.25 MiB index.json root.mpxar root.ppxar" +
    "           \n";
  assertEquals(golden({ borders: "none", hasHeader: true }), text);
});

Deno.test("renderList() without header does not count it for the widths", () => {
  const text = renderList(
    [{ title: "very long title", cell: (row: string) => row }],
    ["a"],
    { borders: "ascii", hasHeader: false },
  );
  assertEquals(text, "+===+\n| a |\n+===+\n");
});

Deno.test("renderList() prints nothing for an empty list", () => {
  assertEquals(renderList([{ title: "a", cell: String }], [], UTF8), "");
});

Deno.test("renderTable() lets rows grow with the lines of a cell", () => {
  const text = renderTable(
    { alignments: ["left", "right"], rows: [["a\nbb", "1"]] },
    { borders: "ascii", hasHeader: true },
  );
  assertEquals(text, "+====+===+\n| a  | 1 |\n| bb |   |\n+====+===+\n");
});

Deno.test("renderTable() cuts every line at the width of the terminal", () => {
  const table = { alignments: ["left", "right"] as const, rows: [["total", "270553174016"]] };
  const text = renderTable(table, { ...UTF8, maxWidth: 20 });
  assertEquals(text, "┌───────┬───────────\n│ total │ 2705531740\n└───────┴───────────\n");
});

Deno.test("renderTable() pads by columns of the terminal, not by characters", () => {
  const text = renderTable(
    { alignments: ["left"], rows: [["日本"], ["abcde"]] },
    { borders: "none", hasHeader: false },
  );
  assertEquals(text, "日本 \nabcde\n");
});

Deno.test("renderList() colors cells where the style has colors, and cuts what is seen", () => {
  const text = (style: Partial<TableStyle>) =>
    renderList(
      [
        { title: "name", cell: (row: string) => row },
        {
          title: "state",
          align: "right",
          cell: () => "bad",
          color: (row) => row === "b" ? "red" : undefined,
        },
        { title: "files", cell: () => "one two" },
      ],
      ["a", "b"],
      { borders: "none", hasHeader: true, ...style },
    );
  assertEquals(text({}), "a bad one two\nb bad one two\n");
  assertEquals(text({ hasColors: true }), "a bad one two\nb \x1b[31mbad\x1b[0m one two\n");
  assertEquals(text({ hasColors: true, maxWidth: 9 }), "a bad one\nb \x1b[31mbad\x1b[0m one\n");
  assertEquals(text({ hasColors: true, maxWidth: 3 }), "a b\nb \x1b[31mb\x1b[0m\n");
  assertEquals(text({ hasColors: true, maxWidth: 2 }), "a \nb \n");
});
