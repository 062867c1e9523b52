import type { KeepOptions } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Parameter } from "../command.ts";

const PERIODS = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;

function keep(period: typeof PERIODS[number], description: string): Parameter {
  return { name: `keep-${period}`, type: { kind: "integer", minimum: 1 }, description };
}

/** Rules about which snapshots to keep (spec: cli.md §4.7). */
export const KEEP_OPTIONS: readonly Parameter[] = [
  keep("last", "How many of the newest snapshots to keep."),
  keep("hourly", "Of how many hours to keep the last snapshot."),
  keep("daily", "Of how many days to keep the last snapshot."),
  keep("weekly", "Of how many weeks to keep the last snapshot."),
  keep("monthly", "Of how many months to keep the last snapshot."),
  keep("yearly", "Of how many years to keep the last snapshot."),
];

/** The rules that were given. */
export function keepOptionsOf(values: CommandValues): KeepOptions {
  const given = PERIODS.flatMap((period) => {
    const count = values.integer(`keep-${period}`);
    return count === undefined ? [] : [[period, count] as const];
  });
  return Object.fromEntries(given);
}
