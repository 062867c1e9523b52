import { UsageError } from "../../lib/errors/mod.ts";

/** A command is missing, unknown or ambiguous. */
export class GroupError extends UsageError {
  override name = "GroupError";

  /**
   * @param group Words of the group, empty for the top level.
   * @param nearest Whole commands that may have been meant, best first.
   */
  constructor(readonly group: string, message: string, nearest: readonly string[] = []) {
    super(message, { situation: { kind: "no-command", group, nearest } });
  }
}
