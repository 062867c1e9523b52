/**
 * Tables of configuration, as TOML or JSON has them: names and values of any type.
 *
 * A *table* is taken apart key by key; what was not taken in the end is a mistake of whoever wrote it.
 * A *place* is the keys that lead to a value, from the outermost table on.
 *
 * @module
 */

export { ConfigTable } from "./config_table.ts";
export { parseTomlTable, type TomlTable } from "./parse_toml_table.ts";
export { TableError } from "./table_error.ts";
