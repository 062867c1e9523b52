import { assertEquals } from "@std/assert";
import plugin from "../../scripts/lint/few_parameters.ts";

/** Numbers of reports about a source. */
function reports(source: string): number {
  return Deno.lint.runPlugin(plugin, "source.ts", source).length;
}

Deno.test("the lint rule refuses six parameters, wherever they stand", () => {
  const six = "(a: A, b: A, c: A, d: A, e: A, f: A)";
  assertEquals(reports(`function f${six} {}`), 1);
  assertEquals(reports(`const f = ${six} => {};`), 1);
  assertEquals(reports(`class C { constructor${six} {} static f${six} {} }`), 2);
  assertEquals(reports(`interface I { f${six}: void }`), 1);
  assertEquals(reports(`declare function f${six}: void;`), 1);
});

Deno.test("the lint rule allows five parameters, and objects of many members", () => {
  assertEquals(reports("function f(a: A, b: A, c: A, d: A, e: A) {}"), 0);
  assertEquals(reports("class C { constructor({ a, b, c, d, e, f, g }: Parts) {} }"), 0);
});
