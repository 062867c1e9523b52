import { alertTargetOf } from "../../lib/alerts/mod.ts";
import { lineOf, plainValue, TableError, type TomlTable } from "../../lib/tables/mod.ts";
import type { Fault } from "./fault.ts";
import { tablesIn } from "./resolve_jobs.ts";

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
