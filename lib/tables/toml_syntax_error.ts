/** The text is no TOML. */
export class TomlSyntaxError extends Error {
  override name = "TomlSyntaxError";

  /** @param line From 1. */
  constructor(readonly line: number, reason: string) {
    super(reason);
  }
}
