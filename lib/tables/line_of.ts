import type { TomlNode, TomlTable } from "./toml_node.ts";

/**
 * The line of a place in a TOML file, or of what is nearest around it; from 1.
 *
 * @param place Keys, and for items of lists their numbers from 1, as {@linkcode ConfigTable} has them.
 */
export function lineOf(root: TomlTable, place: readonly string[]): number {
  let node: TomlNode = root;
  for (const key of place) {
    const next: TomlNode | undefined = node.kind === "table"
      ? node.entries.get(key)
      : node.kind === "array"
      ? node.items[Number(key) - 1]
      : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node.line;
}
