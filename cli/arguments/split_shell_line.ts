import type { readAnsiQuote } from "./read_ansi_quote.ts";

/** A command line of a shell, taken apart. */
export interface ShellLine {
  /** Words that a blank ends. */
  readonly words: readonly string[];
  /** Start of the last word; undefined after a blank. */
  readonly current: string | undefined;
  /** Position of that word in the line; the end of the line after a blank. */
  readonly currentAt: number;
  /** Whether the line ends within quotes or after a backslash. */
  readonly isOpen: boolean;
}

/** Rules that not every shell has. */
export interface ShellRules {
  /** Reads `$'...'` with escapes such as `\xFF`; then a character of the text is a byte. */
  readonly ansiQuote?: typeof readAnsiQuote;
}

/**
 * Splits a command line by the Bourne shell's quoting rules, without expansion; it may end anywhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(splitShellLine(`cat 'a b' "c\\"d" e\\ f`), {
 *   words: ["cat", "a b", 'c"d'],
 *   current: "e f",
 *   currentAt: 17,
 *   isOpen: false,
 * });
 * assertEquals(splitShellLine("cat 'a b").isOpen, true);
 * ```
 */
export function splitShellLine(text: string, { ansiQuote }: ShellRules = {}): ShellLine {
  const words: string[] = [];
  let word: string | undefined;
  let wordAt = 0;
  let quote = "";
  let isEscaped = false;
  let isCut = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (word === undefined) wordAt = index;
    if (quote === "'") {
      if (character === "'") quote = "";
      else word += character;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else if (character === "\\" && '"\\$`\n'.includes(text[index + 1] ?? "x")) {
        index++;
        if (text[index] !== "\n") word += text[index]!;
      } else word += character;
    } else if (ansiQuote !== undefined && character === "$" && text[index + 1] === "'") {
      const quoted = ansiQuote(text, index + 2);
      word = (word ?? "") + quoted.text;
      index = quoted.end;
      isCut = !quoted.isClosed;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      index++;
      isEscaped = index >= text.length;
      if (isEscaped) word ??= "";
      else if (text[index] !== "\n") word = (word ?? "") + text[index]!;
    } else if (/[ \t\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  return {
    words,
    current: word,
    currentAt: word === undefined ? text.length : wordAt,
    isOpen: quote !== "" || isEscaped || isCut,
  };
}
