import type { VerifyProgress } from "../../lib/repository/mod.ts";
import { coarseSize } from "./coarse_size.ts";
import { formatDuration } from "./format_duration.ts";

/**
 * How far a verification has come, in one line.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const state = { snapshot: "host/a/T", snapshotsDone: 1, snapshotsTotal: 4, bytesRead: 2048 };
 * assertEquals(describeVerification(state, 2), "25%, snapshot 2 of 4, 2 KiB, 1 KiB/s, 2s  host/a/T");
 * ```
 */
export function describeVerification(
  { snapshot, snapshotsDone, snapshotsTotal, bytesRead }: VerifyProgress,
  seconds: number,
): string {
  const percent = Math.floor(snapshotsDone * 100 / Math.max(snapshotsTotal, 1));
  const number = Math.min(snapshotsDone + 1, snapshotsTotal);
  const rate = coarseSize(Math.round(bytesRead / Math.max(seconds, 0.001)));
  return `${percent}%, snapshot ${number} of ${snapshotsTotal}, ${coarseSize(bytesRead)}, ` +
    `${rate}/s, ${formatDuration(Math.floor(seconds))}  ${snapshot}`;
}
