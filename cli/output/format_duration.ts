const UNITS: readonly [string, number][] = [
  ["y", 365.25 * 86400],
  ["M", 30.44 * 86400],
  ["w", 7 * 86400],
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
];

/**
 * A duration in units that are not zero, seconds with one decimal at most (spec: cli.md §8.2).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([0, 0.04, 59.97, 65.25].map(formatDuration), ["0s", "<0.1s", "60s", "1m 5.3s"]);
 * ```
 */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return "0s";
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    if (count === 0) continue;
    left -= count * length;
    parts.push(`${count}${unit}`);
  }
  // Half a tenth is rounded up although its nearest binary number may lie below.
  if (left >= 0.1) parts.push(`${Math.round(left * 10 + 1e-9) / 10}s`);
  else if (parts.length === 0) parts.push("<0.1s");
  return parts.join(" ");
}
