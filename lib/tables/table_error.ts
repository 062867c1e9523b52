import { UsageError } from "../errors/mod.ts";

/** A wrong value or name in a table of configuration. */
export class TableError extends UsageError {
  /** Name of the class, for messages. */
  override name = "TableError";

  /**
   * A mistake at a place.
   *
   * @param place The keys that lead to it, from the outermost table on.
   * @param problem What is wrong, and what to write instead.
   */
  constructor(readonly place: readonly string[], readonly problem: string) {
    super(`${place.map(shownKey).join(".")}: ${problem}`);
  }
}

/** A key as TOML writes it. */
function shownKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}
