// deno-lint-ignore-file no-console
// Fails on a link of a document that leads nowhere, on an empty cell of a table, and on a citation of
// a format chapter in the code whose section does not exist (`pxar.md §5.2` must be a heading of
// docs/formats/pxar.md).

import { checkCells } from "./documents/check_cells.ts";
import { checkCitations } from "./documents/check_citations.ts";
import { checkLinks } from "./documents/check_links.ts";
import { readSections } from "./documents/read_sections.ts";
import { readTree } from "./documents/read_tree.ts";

const root = new URL("../", import.meta.url);

const documents = await readTree(root, [".", "docs"], [".md"]);
const chapters = new Map<string, Set<string>>();
for (const [path, text] of documents) {
  const name = /^docs\/formats\/(?!README)(.+\.md)$/.exec(path)?.[1];
  if (name !== undefined) chapters.set(name, readSections(text));
}
// The check's own test holds wrong citations.
const TEST = "tests/documents/citations_and_links_test.ts";
const code = await readTree(root, ["cli", "ffi", "lib", "native", "scripts", "tests"], [
  ".ts",
  ".rs",
  ".h",
  ".py",
]);

code.delete(TEST);

// In the formats an empty cell is a field that is not there.
const prose = new Map([...documents].filter(([path]) => !path.startsWith("docs/formats/")));
const problems = [
  ...await checkLinks(documents, root),
  ...checkCells(prose),
  ...[...code, ...documents].flatMap(([path, text]) => checkCitations(path, text, chapters)),
];
for (const problem of problems) console.error(problem);
console.log(`${documents.size} documents and ${code.size} sources: ${problems.length} problems`);
if (problems.length > 0) Deno.exit(1);
