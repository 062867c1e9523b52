import type { Environment } from "../environment.ts";
import { splitUnfinished, type UnfinishedLine } from "./split_unfinished.ts";

/**
 * The command line that a shell wants completed, up to the cursor (spec: cli.md §1.9): `COMP_LINE`
 * and, in characters, `COMP_POINT`.
 *
 * @returns The line without the program's name; undefined if no shell asks.
 */
export function readUnfinishedLine(environment: Environment): UnfinishedLine | undefined {
  const point = environment.get("COMP_POINT");
  const text = environment.get("COMP_LINE");
  if (point === undefined || text === undefined || !/^\d+$/.test(point)) return undefined;
  const { words, current } = splitUnfinished([...text].slice(0, Number(point)).join(""));
  // A line that ends in the program's name completes like one that ends after it.
  return { words: words.slice(1), current: words.length === 0 ? "" : current };
}
