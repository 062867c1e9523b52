import { assertEquals } from "@std/assert";
import plugin from "../../scripts/lint/linear_regular_expressions.ts";

function complaints(source: string, file = "/clone/lib/http/file.ts"): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map(({ message }) =>
    message.split(" ", 2).join(" ")
  );
}

Deno.test("patterns whose time grows faster than their input are refused", () => {
  for (
    const pattern of [
      "/^[ \\t]+|[ \\t]+$/g",
      "/^PBSAPIToken[ =]([^\\s:]+@[^\\s:!]+![^\\s:]+):(.*)$/s",
      "/(a+)+$/",
      "/=+$/",
    ]
  ) assertEquals(complaints(`export const a = ${pattern};`).length, 1, pattern);
  assertEquals(complaints("export const a = /^[a-z]+=.*$/;"), []);
});

Deno.test("patterns that are composed of constants are judged, others refused", () => {
  const word = 'const WORD = "[a-z]+";\nconst BLANKS = String.raw`\\s*`;\n';
  assertEquals(complaints(`${word}new RegExp(\`^\${WORD}\${BLANKS}$\`, "u");`), []);
  assertEquals(complaints(`${word}RegExp("(" + WORD + ")+$");`), ["takes exponential"]);
  assertEquals(complaints("export const f = (x: string) => new RegExp(x);"), ["the pattern"]);
});

Deno.test("what cannot be decided is refused, and exceptions need a reason", () => {
  assertEquals(complaints("export const a = /^[^/]+(?=\\/)/;"), ["its time"]);
  const ignore = "// deno-lint-ignore pbs/linear-regular-expression";
  assertEquals(complaints(`${ignore}\nexport const a = /^x$/;`), ["an exception"]);
  assertEquals(complaints(`${ignore} -- one character only\nexport const a = /^x$/;`), []);
});

Deno.test("tests and scripts may use what they like", () => {
  const source = "export const a = /(a+)+$/;";
  assertEquals(complaints(source, "/clone/lib/http/file_test.ts"), []);
  assertEquals(complaints(source, "/clone/tests/file.ts"), []);
});
