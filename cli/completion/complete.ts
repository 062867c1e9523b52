import type { CommandContext } from "../command_context.ts";
import { ABSENT_COMMANDS, ALIASES, COMMANDS } from "../command_table.ts";
import { Output } from "../output/output.ts";
import { findCompletion } from "./find_completion.ts";
import { splitUnfinished } from "./split_unfinished.ts";
import { valueCandidates } from "./value_candidates.ts";

/** Takes what is written nowhere. */
const SILENCE = { writeSync: (bytes: Uint8Array) => bytes.byteLength, isTerminal: () => false };

/**
 * `bashcomplete`: prints what the word under the cursor may become, a line each. Whatever goes wrong
 * there is nothing to offer and nothing to say (spec: cli.md §1.9).
 */
export async function complete(context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const point = environment.get("COMP_POINT");
  const text = environment.get("COMP_LINE");
  if (point === undefined || text === undefined || !/^\d+$/.test(point)) return;
  const { words, current } = splitUnfinished([...text].slice(0, Number(point)).join(""));
  // A line that ends in the program's name completes like one that ends behind it.
  const line = { words: words.slice(1), current: words.length === 0 ? "" : current };
  const found = findCompletion({
    commands: COMMANDS,
    aliases: ALIASES,
    absent: ABSENT_COMMANDS,
  }, line);
  const quiet = { ...context, output: new Output({ get: () => undefined }, SILENCE, SILENCE) };
  const candidates = found.kind === "words"
    ? found.words
    : await valueCandidates({ ...found, prefix: line.current }, quiet).catch(() => []);
  for (const candidate of candidates) output.printLine(candidate);
}
