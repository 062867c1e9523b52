/**
 * Tables of configuration, as a reader of TOML or JSON gives them: names and values of any type.
 *
 * A *table* is taken apart key by key; what was not taken in the end is a mistake of whoever wrote it.
 * A *place* is the keys that lead to a value, from the outermost table on.
 *
 * @module
 */

export { ConfigTable } from "./config_table.ts";
export { TableError } from "./table_error.ts";
