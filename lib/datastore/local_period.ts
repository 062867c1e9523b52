import { localClock } from "../time/mod.ts";

/** A stretch of local time that prune keeps one snapshot of. */
export type Period = "hourly" | "daily" | "weekly" | "monthly" | "yearly";

const DAY_MS = 86_400_000;

/**
 * Names the period of a time in one time zone (spec: datastore-formats.md §6.8). Snapshots of equal
 * names are of the same period.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const utc = new LocalPeriods("UTC");
 * assertEquals(utc.nameOf("hourly", 1700000000), "2023/11/14/22");
 * assertEquals(utc.nameOf("weekly", 1609459200), "2020/53");
 * ```
 */
export class LocalPeriods {
  readonly #format: Intl.DateTimeFormat | undefined;

  /**
   * @param timeZone IANA name; that of the process if absent.
   * @throws {RangeError} if there is no such zone.
   */
  constructor(timeZone?: string) {
    this.#format = timeZone === undefined
      ? undefined
      : new Intl.DateTimeFormat("en-u-ca-iso8601-nu-latn", {
        timeZone,
        era: "short",
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        hourCycle: "h23",
      });
  }

  #clock(time: number): Record<"year" | "month" | "day" | "hour", number> {
    if (this.#format === undefined) {
      // Not by the runtime: it does not know every form of TZ.
      const clock = localClock(time);
      return {
        year: clock.getUTCFullYear(),
        month: clock.getUTCMonth() + 1,
        day: clock.getUTCDate(),
        hour: clock.getUTCHours(),
      };
    }
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(time * 1000)) parts[type] = value;
    return {
      year: Number(parts.year),
      month: Number(parts.month),
      day: Number(parts.day),
      hour: Number(parts.hour),
    };
  }

  /** @param time Seconds since the epoch. */
  nameOf(period: Period, time: number): string {
    const { year, month, day, hour } = this.#clock(time);
    const monthName = `${year}/${pad(month)}`;
    switch (period) {
      case "yearly":
        return String(year);
      case "monthly":
        return monthName;
      case "weekly":
        return isoWeek(year, month, day);
      case "daily":
        return `${monthName}/${pad(day)}`;
      case "hourly":
        return `${monthName}/${pad(day)}/${pad(hour)}`;
    }
  }
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeek(year: number, month: number, day: number): string {
  const date = Date.UTC(year, month - 1, day);
  const weekday = (new Date(date).getUTCDay() + 6) % 7;
  const thursday = date + (3 - weekday) * DAY_MS;
  const weekYear = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(weekYear, 0, 1)) / DAY_MS / 7) + 1;
  return `${weekYear}/${pad(week)}`;
}
