import { UsageError } from "../../lib/errors/mod.ts";

/** A command is missing, unknown or ambiguous: the usage of the group is shown with the message. */
export class GroupError extends UsageError {
  override name = "GroupError";

  /** @param group Words of the group, empty for the top level. */
  constructor(readonly group: string, message: string) {
    super(message);
  }
}
