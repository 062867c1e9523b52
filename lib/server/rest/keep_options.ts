import type { KeepOptions } from "../../repository/mod.ts";
import type { ParameterValues } from "../api/mod.ts";

const RULES = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;

/** The rules of prune among the parameters of a call. */
export function keepOptionsOf(values: ParameterValues): KeepOptions {
  const given = RULES.map((rule) => [rule, values.optionalInteger(`keep-${rule}`)] as const)
    .filter(([, count]) => count !== undefined);
  return Object.fromEntries(given);
}
