import { roundAge } from "./round_age.ts";
import type { GroupHealth } from "./group_health.ts";

/** The levels of monitoring, the best first. */
export type HealthLevel = "ok" | "warning" | "critical";

/** Ages that are too high, seconds; what is absent is not looked at. */
export interface HealthLimits {
  /** Age of the newest snapshot that is critical. */
  readonly maxAge?: number | undefined;
  /** Age of the newest snapshot that is worth a warning. */
  readonly warnAge?: number | undefined;
  /** Verified age that is critical. */
  readonly maxVerifyAge?: number | undefined;
  /** Verified age that is worth a warning. */
  readonly warnVerifyAge?: number | undefined;
}

/** A group with what is wrong with it. */
export interface HealthVerdict {
  readonly level: HealthLevel;
  /** Faults, the worst first; empty if there are none. */
  readonly reasons: readonly string[];
  /** Age of the newest snapshot, seconds. */
  readonly age?: number;
  /** Verified age, seconds. */
  readonly verifyAge?: number;
}

const LEVELS: readonly HealthLevel[] = ["ok", "warning", "critical"];

/**
 * The judgement on a group.
 *
 * @param now Seconds since the epoch.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const group = {
 *   ...{ namespace: "", type: "host", id: "a", snapshots: 1, failedVerifications: 0 } as const,
 *   newest: 1000,
 *   verifiedSince: 1000,
 * };
 * assertEquals(judgeHealth(group, { maxAge: 3600 }, 4600).level, "ok");
 * assertEquals(judgeHealth(group, { maxAge: 3600 }, 8200).reasons, ["newest snapshot is 2h old"]);
 * ```
 */
export function judgeHealth(
  group: GroupHealth,
  limits: HealthLimits,
  now: number,
): HealthVerdict {
  const found: [HealthLevel, string][] = [];
  const { newest, verifiedSince, failedVerifications } = group;
  if (newest === undefined || verifiedSince === undefined) {
    return { level: "critical", reasons: ["has no finished snapshot"] };
  }
  // A clock that was wrong may have dated it into the future.
  const age = Math.max(0, now - newest);
  const verifyAge = Math.max(0, now - verifiedSince);
  if (failedVerifications > 0) {
    const snapshots = failedVerifications === 1 ? "snapshot" : "snapshots";
    found.push(["critical", `verification of ${failedVerifications} ${snapshots} failed`]);
  }
  const ageLevel = levelOf(age, limits.warnAge, limits.maxAge);
  if (ageLevel !== "ok") found.push([ageLevel, `newest snapshot is ${roundAge(age)} old`]);
  const verifyLevel = levelOf(verifyAge, limits.warnVerifyAge, limits.maxVerifyAge);
  if (verifyLevel !== "ok") found.push([verifyLevel, `not verified for ${roundAge(verifyAge)}`]);
  const sorted = found.toSorted(([a], [b]) => LEVELS.indexOf(b) - LEVELS.indexOf(a));
  return {
    level: sorted[0]?.[0] ?? "ok",
    reasons: sorted.map(([, reason]) => reason),
    age,
    verifyAge,
  };
}

function levelOf(age: number, warn: number | undefined, max: number | undefined): HealthLevel {
  if (max !== undefined && age > max) return "critical";
  return warn !== undefined && age > warn ? "warning" : "ok";
}
