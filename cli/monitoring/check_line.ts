import {
  type GroupHealth,
  type HealthLimits,
  type HealthVerdict,
  placedGroupPath,
  roundAge,
} from "../../lib/health/mod.ts";
import { countOf } from "../output/count_of.ts";
import type { CHECK_CODES } from "./check_levels.ts";

/** Groups that a line names: it is read by people, and cut off by monitoring systems. */
const MAX_NAMED = 5;
/** Groups with performance data of their own. */
const MAX_MEASURED = 50;

/** A group with the judgement on it. */
export interface JudgedGroup {
  readonly health: GroupHealth;
  readonly verdict: HealthVerdict;
}

/**
 * The line of a check as plugins of Nagios print it: status, text, and behind a bar performance data.
 *
 * @param level That of the worst group.
 */
export function checkLine(
  level: keyof typeof CHECK_CODES,
  groups: readonly JudgedGroup[],
  limits: HealthLimits,
): string {
  if (groups.length === 0) return plainLine(level, "there is no backup at all");
  const bad = groups.filter(({ verdict }) => verdict.level !== "ok")
    .toSorted((a, b) => rank(b.verdict) - rank(a.verdict));
  const named = bad.slice(0, MAX_NAMED).map(({ health, verdict }) =>
    `${placedGroupPath(health)} ${verdict.reasons.join(", ")}`
  );
  if (bad.length > MAX_NAMED) named.push(`and ${bad.length - MAX_NAMED} more`);
  const ages = groups.flatMap(({ verdict }) => verdict.age ?? []);
  const oldest = ages.length === 0 ? undefined : Math.max(...ages);
  const text = bad.length === 0
    ? `${countOf(groups.length, "group")}, newest snapshots at most ${roundAge(oldest ?? 0)} old`
    : `${bad.length} of ${countOf(groups.length, "group")}: ${named.join("; ")}`;
  return `${plainLine(level, text)} | ${performanceData(groups, limits, oldest).join(" ")}`;
}

/** A line without performance data; the bar that begins it has no place in the text. */
export function plainLine(level: keyof typeof CHECK_CODES, text: string): string {
  return `BACKUP ${level.toUpperCase()}: ${text.replaceAll(/\s+/g, " ").replaceAll("|", "/")}`;
}

function rank({ level }: HealthVerdict): number {
  return level === "critical" ? 1 : 0;
}

function performanceData(
  groups: readonly JudgedGroup[],
  { warnAge, maxAge }: HealthLimits,
  oldest: number | undefined,
): string[] {
  const failed = groups.reduce((sum, { health }) => sum + health.failedVerifications, 0);
  const limits = `${warnAge ?? ""};${maxAge ?? ""};0`;
  const data = [`groups=${groups.length}`, `failed_verifications=${failed}`];
  if (oldest !== undefined) data.push(`oldest_age=${oldest}s;${limits}`);
  for (const { health, verdict } of groups.slice(0, MAX_MEASURED)) {
    if (verdict.age === undefined) continue;
    data.push(`'${placedGroupPath(health)}'=${verdict.age}s;${limits}`);
  }
  return data;
}
