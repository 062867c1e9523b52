import { UsageError } from "../errors/mod.ts";
import { ConfigTable } from "./config_table.ts";
import { lineOf } from "./line_of.ts";
import { parseToml } from "./parse_toml.ts";
import { plainValue } from "./plain_value.ts";
import { TableError } from "./table_error.ts";
import type { TomlTable } from "./toml_node.ts";
import { TomlSyntaxError } from "./toml_syntax_error.ts";

/** A TOML file, ready to be taken apart. */
export interface OpenedToml {
  readonly table: ConfigTable;
  /** The error to throw for one about the table: it names the file and the line as well. */
  readonly failure: (error: unknown) => unknown;
}

/**
 * Opens the text of a TOML file.
 *
 * @param name The file's name in messages.
 * @throws {UsageError} naming the line if it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const { table } = openTomlTable('[a]\nb = "c"\n', "x.toml");
 * assertEquals(table.table("a")?.text("b"), "c");
 * ```
 */
export function openTomlTable(text: string, name: string): OpenedToml {
  let root: TomlTable;
  try {
    root = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    throw new UsageError(`${name}, line ${error.line}: is no TOML: ${error.message}`);
  }
  return {
    table: new ConfigTable(plainValue(root), []),
    failure: (error) =>
      error instanceof TableError
        ? new UsageError(`${name}, line ${lineOf(root, error.place)}: ${error.message}`)
        : error,
  };
}
