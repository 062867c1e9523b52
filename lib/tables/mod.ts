/**
 * Tables of configuration, as TOML or JSON has them: names and values of any type.
 *
 * A *table* is taken apart key by key; what was not taken in the end is a mistake of whoever wrote it.
 * A *place* is the keys that lead to a value, from the outermost table on. A *node* is a part of a TOML
 * file with the line where it stands.
 *
 * @module
 */

export { ConfigTable } from "./config_table.ts";
export { lineOf } from "./line_of.ts";
export { type OpenedToml, openTomlTable } from "./open_toml_table.ts";
export { parseToml } from "./parse_toml.ts";
export { plainValue } from "./plain_value.ts";
export { TableError } from "./table_error.ts";
export type { TomlArray, TomlNode, TomlScalar, TomlTable } from "./toml_node.ts";
export { TomlSyntaxError } from "./toml_syntax_error.ts";
