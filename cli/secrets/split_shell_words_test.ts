import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../lib/errors/mod.ts";
import { splitShellWords } from "./split_shell_words.ts";

/** Quotes a word the way a shell script does. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

Deno.test("splitShellWords() gives back any words that were quoted", () => {
  fc.assert(fc.property(fc.array(fc.string()), (words) => {
    assertEquals(splitShellWords(words.map(quote).join(" \t")), words);
  }));
});

Deno.test("splitShellWords() knows quotes and escapes and expands nothing", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["  a  b\n", ["a", "b"]],
    [`a"b c"'d e'f`, ["ab cd ef"]],
    [`"" ''`, ["", ""]],
    [`"\\"\\\\\\n" '\\'`, [`"\\\\n`, "\\"]],
    ["a\\ b $HOME ~ *|x", ["a b", "$HOME", "~", "*|x"]],
    ["a\\\nb", ["ab"]],
  ];
  for (const [text, words] of cases) assertEquals(splitShellWords(text), words, text);
});

Deno.test("splitShellWords() refuses what is not closed", () => {
  for (const text of ["'a", '"a', "a\\", `"a\\"`]) {
    assertThrows(() => splitShellWords(text), UsageError, "found unclosed quote", text);
  }
});
