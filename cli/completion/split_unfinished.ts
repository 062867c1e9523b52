import { splitShellLine } from "../arguments/split_shell_line.ts";

/** A command line that somebody is still typing. */
export interface UnfinishedLine {
  /** Words that are complete. */
  readonly words: readonly string[];
  /** Start of the last word; empty after a blank. */
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
  const { words, current } = splitShellLine(line);
  return { words, current: current ?? "" };
}
