import { localOffsetSeconds } from "../../lib/time/mod.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z)?)?$/;

/**
 * Parses a moment: a date `2026-03-05`, with a time `2026-03-05 01:00`, local unless a `Z` follows it; or
 * a span of time such as `7d`, which is that long ago.
 *
 * @param now Seconds since the epoch.
 * @returns Seconds since the epoch, or undefined if the text is no moment.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseMoment("2026-03-05T01:00:00Z", 0), 1772672400);
 * assertEquals(parseMoment("1d", 100_000), 13_600);
 * assertEquals(parseMoment("2026-02-30", 0), undefined);
 * ```
 */
export function parseMoment(text: string, now: number): number | undefined {
  const parts = DATE.exec(text);
  if (parts === null) {
    const span = parseTimeSpan(text);
    return span === undefined ? undefined : now - span;
  }
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1, 7)
    .map((part) => part === undefined ? undefined : Number(part)) as [number, number, number];
  const clock = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A day or hour that there is none of becomes another one.
  const isReal = clock.getUTCMonth() === month - 1 && clock.getUTCDate() === day &&
    hour < 24 && minute < 60 && second < 60;
  if (!isReal) return undefined;
  const seconds = clock.getTime() / 1000;
  if (parts[7] !== undefined) return seconds;
  // The offset is that of the moment, which the offset leads to.
  return seconds - localOffsetSeconds(seconds - localOffsetSeconds(seconds));
}
