/** Time spans of days, hours, minutes and seconds. */
const UNIT_SECONDS = [86400, 3600, 60, 1];
/** Longer than any program runs. */
const MAX_SECONDS = 100 * 366 * 86400;

/**
 * Parses a span of time: seconds, or numbers with `d`, `h`, `m` and `s`, the longest first.
 *
 * @returns Seconds, or undefined if the text is no span of time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseTimeSpan("90"), 90);
 * assertEquals(parseTimeSpan("1h30m"), 5400);
 * assertEquals(parseTimeSpan("soon"), undefined);
 * ```
 */
export function parseTimeSpan(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^[0-9]+$/.test(text)) return withinLimit(Number(text));
  const numbers = /^(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$/.exec(text);
  if (numbers === null) return undefined;
  const seconds = UNIT_SECONDS.map((unit, i) => Number(numbers[i + 1] ?? 0) * unit);
  return withinLimit(seconds.reduce((sum, part) => sum + part));
}

function withinLimit(seconds: number): number | undefined {
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
