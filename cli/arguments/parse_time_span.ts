const UNIT_SECONDS = new Map([["s", 1], ["m", 60], ["h", 3600], ["d", 86400]]);
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
  if (text.length > 40) return undefined;
  if (/^[0-9]+$/.test(text)) return withinLimit(Number(text));
  if (!/^(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?$/.test(text) || text === "") {
    return undefined;
  }
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(/([0-9]+)([dhms])/g)) {
    seconds += Number(number) * UNIT_SECONDS.get(unit!)!;
  }
  return withinLimit(seconds);
}

function withinLimit(seconds: number): number | undefined {
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
