import { UsageError } from "../../lib/errors/mod.ts";

/**
 * Splits a command line into words by the Bourne shell's quoting rules, without expansion
 * (spec: cli.md §3.1).
 *
 * @throws {UsageError} if a quote is not closed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(splitShellWords(`cat 'a b' "c\\"d" e\\ f`), ["cat", "a b", 'c"d', "e f"]);
 * ```
 */
export function splitShellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote === "'") {
      if (character === "'") quote = "";
      else word += character;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else if (character === "\\" && '"\\$`\n'.includes(text[index + 1] ?? "x")) {
        index++;
        if (text[index] !== "\n") word += text[index]!;
      } else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      index++;
      if (index >= text.length) {
        throw new UsageError("shellword split failed - found unclosed quote.");
      }
      if (text[index] !== "\n") word = (word ?? "") + text[index]!;
    } else if (/[ \t\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") throw new UsageError("shellword split failed - found unclosed quote.");
  if (word !== undefined) words.push(word);
  return words;
}
