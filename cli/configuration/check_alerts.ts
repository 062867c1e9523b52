import { alertTargetOf } from "../../lib/alerts/mod.ts";
import { TableError } from "../../lib/tables/mod.ts";
import type { Fault } from "./parse_toml.ts";
import { tablesIn } from "./resolve_jobs.ts";
import { plainValue, type TomlNode, type TomlTable } from "./toml_node.ts";

/** Checks the tables of those who are told. */
export function checkAlerts(root: TomlTable, onFault: (fault: Fault) => void): void {
  for (const [name, table] of tablesIn(root, "alerts")) {
    try {
      alertTargetOf(name, plainValue(table), ["alerts", name]);
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      const { place, problem } = error;
      onFault({ line: lineOf(root, place), key: place.join("."), reason: problem });
    }
  }
}

/** The line of the last part of a place that the file has. */
function lineOf(root: TomlTable, place: readonly string[]): number {
  let node: TomlNode = root;
  for (const key of place) {
    const next: TomlNode | undefined = node.kind === "table"
      ? node.entries.get(key)
      : node.kind === "array"
      ? node.items[Number(key)]
      : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node.line;
}
