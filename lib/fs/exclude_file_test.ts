import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { type ExcludeFileProblem, parseExcludeFile } from "./exclude_file.ts";
import { evaluateMatchList } from "./match_list.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function parse(content: string, directory = "") {
  const problems: ExcludeFileProblem[] = [];
  const list = parseExcludeFile(bytes(content), bytes(directory), (p) => problems.push(p));
  return { list, problems };
}

Deno.test("parseExcludeFile() anchors lines that begin with a slash at the file's directory", () => {
  const { list } = parse("/rest\n!/keep\nplain\n!wanted\n", "a/b");
  assertEquals(
    list.map(({ type, anchored, pattern }) => [
      type,
      anchored,
      new TextDecoder().decode(pattern),
    ]),
    [
      ["exclude", true, "/a/b/rest"],
      ["include", true, "/a/b/keep"],
      ["exclude", false, "plain"],
      ["include", false, "wanted"],
    ],
  );
});

Deno.test("parseExcludeFile() takes glob characters in the directory's path literally", () => {
  const directory = "we[ir]d*\\?";
  const { list, problems } = parse("/x\n", directory);
  assertEquals(problems, []);
  assertEquals(evaluateMatchList(list, bytes(`/${directory}/x`), false), "exclude");
  assertEquals(evaluateMatchList(list, bytes("/weid\\a/x"), false), undefined);
});

Deno.test("parseExcludeFile() collapses parents across the file's directory", () => {
  const { list, problems } = parse("/../x\n", "a/b");
  assertEquals(problems.map(({ kind }) => kind), ["pattern-normalised"]);
  assert(list[0]!.matches(bytes("/a/x"), false));
});

Deno.test("parseExcludeFile() reports a bad pattern and goes on with the next line", () => {
  const { list, problems } = parse("good\n[bad\nalso\\\nlast");
  assertEquals(list.length, 2);
  assertEquals(problems.map(({ kind }) => kind), ["bad-pattern", "bad-pattern"]);
  assert(problems[0]!.detail.includes('"[bad"'), problems[0]!.detail);
});

Deno.test("parseExcludeFile() inverts again at a second exclamation mark", () => {
  const { list } = parse("!!a\n");
  assertEquals(list[0]!.type, "exclude");
  assert(list[0]!.matches(bytes("/a"), false));
  assertFalse(list[0]!.matches(bytes("/!a"), false));
});

Deno.test("parseExcludeFile() survives any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array(), (content, directory) => {
      parseExcludeFile(content, directory.filter((byte) => byte !== 0), () => {});
    }),
  );
});

Deno.test("parseExcludeFile() leaves a byte order mark out of the first pattern", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const text of ["*.tmp\n/keep\n", "\ufeff*.tmp\r\n/keep\r\n"]) {
    const entries = parseExcludeFile(bytes(text), bytes(""), () => {});
    assertEquals(entries.length, 2, text);
    assertEquals(entries[0]!.matches(bytes("/a.tmp"), false), true, text);
  }
  assertEquals(parseExcludeFile(bytes("\ufeff# a comment\n"), bytes(""), () => {}), []);
});
