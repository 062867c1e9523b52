import { CorruptDataError } from "../errors/mod.ts";
import type { VerifyState } from "../manifest/mod.ts";
import { parseUpid, type VerifyRequest } from "../repository/mod.ts";

const DAY_SECONDS = 86400;

/**
 * Whether a snapshot is to be verified; an earlier failure also counts as verified (spec:
 * datastore-formats.md §6.9).
 *
 * @param verified Result of its last verification.
 * @param now Seconds since the epoch.
 */
export function isDue(
  verified: VerifyState | undefined,
  { ignoreVerified = true, outdatedAfterDays }: Pick<
    VerifyRequest,
    "ignoreVerified" | "outdatedAfterDays"
  >,
  now: number,
): boolean {
  if (!ignoreVerified) return true;
  const time = verifiedAt(verified);
  if (time === undefined) return true;
  if (outdatedAfterDays === undefined) return false;
  return Math.floor((now - time) / DAY_SECONDS) > outdatedAfterDays;
}

/**
 * When the last verification of a snapshot began, seconds since the epoch; undefined if there was none.
 * One whose time cannot be told is very old: it is due whenever age counts.
 */
export function verifiedAt(verified: VerifyState | undefined): number | undefined {
  if (verified === undefined) return undefined;
  try {
    return parseUpid(verified.upid).startTime;
  } catch (error) {
    if (error instanceof CorruptDataError) return -Infinity;
    throw error;
  }
}
