import { UsageError } from "../lib/errors/mod.ts";
import type { CommandValues } from "./arguments/command_values.ts";
import type { CommandContext } from "./command_context.ts";
import { WARNINGS_EXIT_OPTION } from "./options/output_options.ts";

const LARGEST_CODE = 255;

/**
 * The exit code of a run that succeeds with warnings, of a command that has the option: that of `--warnings-exit`, else of the
 * environment, else 0 as in the official client.
 *
 * @throws {UsageError} if the variable is no exit code.
 */
export function readWarningsExit(
  values: CommandValues,
  { environment }: CommandContext,
): number {
  const given = values.givenInteger(WARNINGS_EXIT_OPTION.name);
  if (given !== undefined) return given;
  const text = environment.get("PBS_WARNINGS_EXIT");
  if (text === undefined || text === "") return 0;
  const code = /^\d{1,3}$/.test(text) ? Number(text) : Infinity;
  if (code > LARGEST_CODE) {
    throw new UsageError(
      `PBS_WARNINGS_EXIT must be an exit code from 0 to ${LARGEST_CODE}: '${text}'`,
    );
  }
  return code;
}
