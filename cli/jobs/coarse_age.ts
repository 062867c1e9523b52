const UNITS: readonly (readonly [string, number])[] = [["d", 86400], ["h", 3600], ["m", 60]];

/**
 * How old something is, in its largest unit.
 *
 * @param seconds Negative for what a wrong clock has dated into the future.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([5, 7300, 200_000].map(coarseAge), ["now", "2h ago", "2d ago"]);
 * ```
 */
export function coarseAge(seconds: number): string {
  if (seconds < 0) return "in the future";
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return `${Math.floor(seconds / length)}${unit} ago`;
  }
  return "now";
}
