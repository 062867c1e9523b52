/** A command line that somebody is still typing. */
export interface UnfinishedLine {
  /** Words that are complete. */
  readonly words: readonly string[];
  /** What there is of the last word; empty after a blank. */
  readonly current: string;
}

/**
 * Splits a command line by the Bourne shell's quoting rules; its last word may end anywhere, even
 * within quotes (spec: cli.md §1.9).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(splitUnfinished("prog list --ns 'a b"), {
 *   words: ["prog", "list", "--ns"],
 *   current: "a b",
 * });
 * assertEquals(splitUnfinished("prog "), { words: ["prog"], current: "" });
 * ```
 */
export function splitUnfinished(line: string): UnfinishedLine {
  const words: string[] = [];
  let current: string | undefined;
  let quote = "";
  const characters = [...line];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!;
    if (quote !== "") {
      if (character === quote) quote = "";
      else if (character === "\\" && quote === '"' && /["\\$`]/.test(characters[index + 1] ?? "")) {
        current += characters[++index]!;
      } else current += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      current ??= "";
    } else if (character === "\\") current = (current ?? "") + (characters[++index] ?? "");
    else if (/[ \t\n]/.test(character)) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else current = (current ?? "") + character;
  }
  return { words, current: current ?? "" };
}
