import type { KeepOptions } from "../../repository/mod.ts";

/** Rules of prune as they would be written on a command line. */
export function formatKeepOptions(keep: KeepOptions): string {
  return Object.entries(keep).map(([rule, count]) => `--keep-${rule} ${count}`).join(" ");
}
