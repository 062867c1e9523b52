import { assertEquals } from "@std/assert";
import plugin from "../../scripts/lint/reasoned_module_state.ts";

/** Numbers of reports about a source. */
function reports(source: string, file = "/clone/lib/http/file.ts"): number {
  return Deno.lint.runPlugin(plugin, file, source).length;
}

Deno.test("the lint rule refuses state of a module that has no reason", () => {
  assertEquals(reports("let count = 0;"), 1);
  assertEquals(reports("const cache = new Map<string, number>();"), 1);
  assertEquals(reports("const free: Uint8Array[] = [];"), 1);
});

Deno.test("the lint rule allows reasons, tables, and state of functions", () => {
  assertEquals(reports("/** Of the process. */\nlet count = 0;"), 0);
  assertEquals(reports("const table = new Map([[1, 2]]);"), 0);
  assertEquals(reports("function f() { let count = 0; const found = []; }"), 0);
  assertEquals(reports("let count = 0;", "/clone/tests/http/file.ts"), 0);
});
