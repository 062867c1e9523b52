import { UsageError } from "../../lib/errors/mod.ts";

/** A command is missing, unknown or ambiguous. */
export class GroupError extends UsageError {
  override name = "GroupError";

  /**
   * @param group Words of the group, empty for the top level.
   * @param word What was looked up; undefined if there was no word.
   * @param words What the group has.
   */
  constructor(
    readonly group: string,
    message: string,
    word?: string,
    words: readonly string[] = [],
  ) {
    super(message, { situation: { kind: "no-command", group, word, words } });
  }
}
