import { UsageError } from "../../lib/errors/mod.ts";

/** The words of a command line do not fit the command: its usage is shown with the message. */
export class ArgumentError extends UsageError {
  override name = "ArgumentError";
}
