import type { CommandContext } from "../command_context.ts";
import type { Offer } from "./candidate.ts";
import { offerForLine } from "./offer_for_line.ts";
import { readUnfinishedLine } from "./read_unfinished_line.ts";
import { withoutOutput } from "./without_output.ts";

/** Longer than this nobody waits for a Tab. */
const PATIENCE_MS = 5000;

/**
 * `__complete`: answers the scripts that `completion` prints. The first line is `words`, or `path` if
 * the shell is to complete a path; the second is the word under the cursor without its quotes; each
 * further one a candidate, a tab and what describes it. Whatever goes wrong there is nothing to offer.
 *
 * @param patienceMs How long a repository may take to answer.
 */
export async function answerShell(
  context: CommandContext,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const line = readUnfinishedLine(context.environment);
  if (line === undefined) return;
  const nothing: Offer = { candidates: [] };
  const offered = offerForLine(context.table, line, withoutOutput(context)).catch(() => nothing);
  const offer = await withinTime(offered, nothing, patienceMs);
  const { output } = context;
  output.printLine(offer.isPath ? "path" : "words");
  output.printLine(line.current);
  for (const { text, description } of offer.candidates) {
    // A line is a candidate: a name with a control character cannot be one.
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x1f\x7f]/.test(text)) continue;
    // deno-lint-ignore no-control-regex
    const shown = description?.replaceAll(/[\x00-\x1f\x7f]+/g, " ");
    output.printLine(shown === undefined ? text : `${text}\t${shown}`);
  }
}

/** The value of a promise, or another one if it takes too long; then it is left to itself. */
async function withinTime<T>(promise: Promise<T>, otherwise: T, timeMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<T>((resolve) => timer = setTimeout(() => resolve(otherwise), timeMs));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
