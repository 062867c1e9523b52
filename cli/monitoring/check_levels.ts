import type { HealthLevel } from "../../lib/health/mod.ts";

/** Exit codes of plugins of monitoring systems. */
export const CHECK_CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

/** The worst of some levels; `ok` if there are none. */
export function worstLevel(levels: readonly HealthLevel[]): HealthLevel {
  return levels.reduce<HealthLevel>(
    (worst, level) => CHECK_CODES[level] > CHECK_CODES[worst] ? level : worst,
    "ok",
  );
}
