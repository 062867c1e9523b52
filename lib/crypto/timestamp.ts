import { localOffsetSeconds } from "../time/mod.ts";

/** Offset of a zone from UTC in minutes at a time (seconds since the epoch), east positive. */
export type ZoneOffset = (epochSeconds: number) => number;

/** The zone of this process. */
export function localZone(epochSeconds: number): number {
  return Math.trunc(localOffsetSeconds(epochSeconds) / 60);
}

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * A time as key files hold it: 25 characters, numeric offset even for UTC, no fraction
 * (spec: datastore-formats.md §5.1).
 *
 * @param epochSeconds Seconds since the epoch.
 * @param zone Whose clock to show.
 * @throws {RangeError} if the year has not four digits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(formatTimestamp(1700000000, () => 60), "2023-11-14T23:13:20+01:00");
 * assertEquals(parseTimestamp("2023-11-14T22:13:20Z"), 1700000000);
 * ```
 */
export function formatTimestamp(epochSeconds: number, zone: ZoneOffset = localZone): string {
  const offset = zone(epochSeconds);
  const shifted = new Date((epochSeconds + offset * 60) * 1000);
  const text = Number.isNaN(shifted.getTime()) ? "" : shifted.toISOString();
  if (text.length !== 24) throw new RangeError(`time ${epochSeconds} is out of range`);
  const minutes = Math.abs(offset);
  const pad = (value: number) => String(value).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  return `${text.slice(0, 19)}${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/**
 * Reads a time of exactly 20 characters with `Z` or 25 with a numeric offset.
 *
 * @returns Seconds since the epoch.
 * @throws {SyntaxError} on any other form, fractions included, and on dates that do not exist.
 */
export function parseTimestamp(text: string): number {
  const match = FORM.exec(text);
  const [year, month, day, hour, minute, second] = (match?.slice(1, 7) ?? []).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year ?? NaN, (month ?? NaN) - 1, day ?? NaN);
  const exists = match !== null && date.getUTCMonth() === month! - 1 && date.getUTCDate() === day &&
    hour! <= 23 && minute! <= 59 && second! <= 60;
  if (!exists) throw new SyntaxError(`"${text.slice(0, 80)}" is not a time of RFC 3339`);
  const offset = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * (match[7] === "-" ? -1 : 1);
  return date.getTime() / 1000 + hour! * 3600 + (minute! - offset) * 60 + second!;
}
