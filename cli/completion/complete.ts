import type { CommandContext } from "../command_context.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { type Completion, findCompletion } from "./find_completion.ts";
import { readUnfinishedLine } from "./read_unfinished_line.ts";
import { givenValues, valueCandidates } from "./value_candidates.ts";
import { withoutOutput } from "./without_output.ts";

/**
 * `bashcomplete`: prints what the word under the cursor may become, a line each. Whatever goes wrong
 * there is nothing to offer and nothing to say (spec: cli.md §1.9).
 */
export async function complete(context: CommandContext): Promise<void> {
  const line = readUnfinishedLine(context.environment);
  if (line === undefined) return;
  const found = await findCompletion(context.table, line);
  const candidates = found.kind === "words"
    ? found.words
    : await texts(found, line.current, withoutOutput(context)).catch(() => []);
  for (const candidate of candidates) context.output.printLine(candidate);
}

async function texts(
  { parameter, given }: Extract<Completion, { kind: "value" }>,
  prefix: string,
  context: CommandContext,
): Promise<string[]> {
  // Only archives are looked up where the line says; the variable never counts.
  const namespace = parameter.completion === "archive-name"
    ? selectNamespace(givenValues(given))
    : "";
  const found = await valueCandidates({ parameter, given, prefix, namespace }, context);
  return found.map(({ text }) => text);
}
