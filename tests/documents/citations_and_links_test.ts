import { assertEquals } from "@std/assert";
import { checkCells } from "../../scripts/documents/check_cells.ts";
import { checkCitations } from "../../scripts/documents/check_citations.ts";
import { checkLinks } from "../../scripts/documents/check_links.ts";
import { readSections } from "../../scripts/documents/read_sections.ts";

const CHAPTERS = new Map([
  ["pxar.md", readSections("# Archives\n\n## 5. Walk\n\n### 5.2 Order\n")],
  ["cli.md", readSections("## 1. Words\n")],
]);

Deno.test("a citation of a section that exists is accepted, broken between two lines of a comment too", () => {
  const text = "/** Walks (spec: pxar.md\n * §5.2, §5 and cli.md §1), RFC 9113 §8.2, §8.3. */";
  assertEquals(checkCitations("lib/a.ts", text, CHAPTERS), []);
});

Deno.test("citations of missing sections, missing chapters and of no chapter are named", () => {
  const text = "// pxar.md §5.3\n// cli.md §1, §2\nconst a = 1; // (§5.2)\n// lost.md §3\n";
  assertEquals(checkCitations("lib/a.ts", text, CHAPTERS), [
    "lib/a.ts: cites pxar.md §5.3, which does not exist",
    "lib/a.ts: cites cli.md §2, which does not exist",
    "lib/a.ts: cites §5.2 without naming the chapter",
    "lib/a.ts: cites lost.md, which is no chapter of docs/formats",
  ]);
});

Deno.test("a chapter may cite itself by section alone", () => {
  const text = "As §5.2 says; not §7.";
  assertEquals(checkCitations("docs/formats/pxar.md", text, CHAPTERS), [
    "docs/formats/pxar.md: cites pxar.md §7, which does not exist",
  ]);
});

Deno.test("links to missing files and missing headings are named", async () => {
  const root = new URL("../../", import.meta.url);
  const documents = new Map([
    [
      "README.md",
      "# One\n\n[a](docs/x.md#two-words) [b](docs/x.md#three) [c](docs/none.md) [d](#one)",
    ],
    ["docs/x.md", "# X\n\n## Two words\n\n[up](../README.md) [web](https://example.org/none)"],
  ]);
  assertEquals(await checkLinks(documents, root), [
    "README.md: no file for link docs/x.md#two-words",
    "README.md: no file for link docs/x.md#three",
    "README.md: no file for link docs/none.md",
  ]);
  const here = new Map([["README.md", "# One\n\n[d](#one) [e](#two)"]]);
  assertEquals(await checkLinks(here, root), ["README.md: no heading for link #two"]);
});

Deno.test("empty cells of tables are named, but for the corner of a heading", () => {
  const text = "# X\n\n|   | one |\n| --- | --- |\n| a | 1 \\| 2 |\n| b |   |\n\n| no table | |\n";
  assertEquals(checkCells(new Map([["x.md", text]])), ["x.md:6: a cell of the table is empty"]);
});
