import { UsageError } from "../../lib/errors/mod.ts";

/** The words of a command line do not fit the command. */
export class ArgumentError extends UsageError {
  override name = "ArgumentError";

  /**
   * @param command The command's words.
   * @param advice What to write instead, a clause each.
   * @param unknownOptions Names that are no options of the command.
   */
  constructor(
    message: string,
    command = "",
    advice: readonly string[] = [],
    unknownOptions: readonly string[] = [],
  ) {
    super(message, { situation: { kind: "bad-arguments", command, advice, unknownOptions } });
  }
}
