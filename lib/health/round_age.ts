const UNITS: readonly (readonly [string, number])[] = [["d", 86400], ["h", 3600], ["m", 60]];

/**
 * A span of time in its largest unit, with the next one for numbers of one digit.
 *
 * @param seconds Not negative.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([5, 60, 5400, 90_000, 2_000_000].map(roundAge), ["5s", "1m", "1h30m", "1d1h", "23d"]);
 * ```
 */
export function roundAge(seconds: number): string {
  for (const [index, [unit, length]] of UNITS.entries()) {
    if (seconds < length) continue;
    const count = Math.floor(seconds / length);
    const next = UNITS[index + 1];
    const rest = next === undefined ? 0 : Math.floor((seconds % length) / next[1]);
    return rest === 0 || count > 9 ? `${count}${unit}` : `${count}${unit}${rest}${next![0]}`;
  }
  return `${Math.floor(seconds)}s`;
}
