import { UsageError } from "../../lib/errors/mod.ts";
import { splitShellLine } from "../arguments/split_shell_line.ts";

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
  const { words, current, isOpen } = splitShellLine(text);
  if (isOpen) throw new UsageError("shellword split failed - found unclosed quote.");
  return current === undefined ? [...words] : [...words, current];
}
