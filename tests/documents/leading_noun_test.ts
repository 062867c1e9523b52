import { assertEquals } from "@std/assert";
import plugin from "../../scripts/lint/leading_noun.ts";

/** Numbers of reports about a source. */
function reports(source: string, file = "/clone/lib/http/file.ts"): number {
  return Deno.lint.runPlugin(plugin, file, source).length;
}

Deno.test("the lint rule refuses docstrings that are questions", () => {
  assertEquals(reports("/** What a run counts. */\nexport interface A {}"), 1);
  assertEquals(reports("/**\n * Where a tree goes.\n */\nexport interface A {}"), 1);
  assertEquals(
    reports("export interface A {\n  /** What is left. */\n  readonly rest: string;\n}"),
    1,
  );
});

Deno.test("the lint rule allows docstrings that lead with the noun, and other comments", () => {
  assertEquals(reports("/** Counters of a run. What it reads is counted once. */\nlet a;"), 0);
  assertEquals(reports("// What stays is removed.\nlet a;"), 0);
  assertEquals(reports("/** What. */\nlet a;", "/clone/tests/http/file.ts"), 0);
});
