import { CorruptDataError } from "../errors/mod.ts";
import { type Manifest, verifyStateOf } from "../manifest/mod.ts";
import { parseUpid, type VerifyRequest } from "../repository/mod.ts";

const DAY_SECONDS = 86400;

/**
 * Whether a snapshot is to be verified; an earlier failure also counts as verified (spec:
 * datastore-formats.md §6.9).
 *
 * @param now Seconds since the epoch.
 */
export function isDue(
  manifest: Manifest,
  { ignoreVerified = true, outdatedAfterDays }: VerifyRequest,
  now: number,
): boolean {
  if (!ignoreVerified) return true;
  const time = verifiedAt(manifest);
  if (time === undefined) return true;
  if (outdatedAfterDays === undefined) return false;
  return Math.floor((now - time) / DAY_SECONDS) > outdatedAfterDays;
}

/**
 * When the last verification of a snapshot began, seconds since the epoch; undefined if there was none.
 * One whose time cannot be told is very old: it is due whenever age counts.
 */
export function verifiedAt(manifest: Manifest): number | undefined {
  const verified = verifyStateOf(manifest);
  if (verified === undefined) return undefined;
  try {
    return parseUpid(verified.upid).startTime;
  } catch (error) {
    if (error instanceof CorruptDataError) return -Infinity;
    throw error;
  }
}
