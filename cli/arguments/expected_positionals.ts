import type { Command, Parameter } from "../command.ts";
import { parseBoolean } from "./parse_boolean.ts";
import type { SplitOption } from "./split_words.ts";

/**
 * The positionals that a command line may have, which depends on one switch of a few commands.
 *
 * @param options Those that were given.
 */
export function expectedPositionals(
  { positionals, lastAloneWith }: Pick<Command, "positionals" | "lastAloneWith">,
  options: readonly SplitOption[],
): readonly Parameter[] {
  const given = options.find(({ name }) => name === lastAloneWith)?.value;
  const isAlone = given === true || given !== undefined && parseBoolean(given.text) === true;
  return isAlone ? positionals.slice(-1) : positionals;
}
