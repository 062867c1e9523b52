import type { RepositoryAddress } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Command } from "../command.ts";

/** Facts about the run whose failure is explained. */
export interface HintContext {
  /** Name of the program in usage texts. */
  readonly programName: string;
  /** How the program was called. */
  readonly program: string;
  /** All words of every command there is. */
  readonly commandNames: readonly string[];
  /** The command that failed; undefined if none was found. */
  readonly command?: Command | undefined;
  /** Its values; undefined if they were not accepted. */
  readonly values?: CommandValues | undefined;
  /** The repository it was to work with, as far as it had come. */
  readonly address?: RepositoryAddress | undefined;
}
