import { formatDuration } from "./format_duration.ts";

const MINUTE = 60;

/**
 * How long ago something was, in its two largest units: less is never asked for.
 *
 * @param seconds Negative if it lies ahead, as with a clock that is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([5, 59.9, 7500, 200_000, -7200].map(formatAge), ["<1m", "<1m", "2h 5m", "2d 7h", "-2h"]);
 * ```
 */
export function formatAge(seconds: number): string {
  if (seconds <= -MINUTE) return `-${formatAge(-seconds)}`;
  if (seconds < MINUTE) return "<1m";
  const whole = Math.floor(seconds / MINUTE) * MINUTE;
  return formatDuration(whole).split(" ").slice(0, 2).filter((part) => !part.endsWith("s")).join(
    " ",
  );
}
