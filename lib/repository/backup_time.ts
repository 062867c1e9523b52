import { UsageError } from "../errors/mod.ts";

const PATTERN = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/;

/** Largest value of month, day, hour, minute and second in a snapshot's time. */
const LARGEST = [12, 31, 23, 59, 60] as const;

/** Last second that four digits of a year can express. */
const LAST_TIME = 253402300799;

/**
 * The time part of a snapshot's path: UTC, whole seconds (spec: datastore-formats.md §6.2).
 *
 * @param time Seconds since the epoch, at most the end of the year 9999.
 * @throws {UsageError} if there is no such name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(formatBackupTime(1700000000), "2023-11-14T22:13:20Z");
 * ```
 */
export function formatBackupTime(time: number): string {
  if (time > LAST_TIME) throw new UsageError(`backup time ${time} is beyond the year 9999`);
  if (!Number.isSafeInteger(time) || time < -62167219200) {
    throw new UsageError(`backup time ${time} is out of range`);
  }
  return new Date(time * 1000).toISOString().slice(0, 19) + "Z";
}

/**
 * Reads the time part of a snapshot's path. Days that a month does not have run over into the next
 * one (spec: cli.md §6.3).
 *
 * @returns Seconds since the epoch; may be before it.
 * @throws {UsageError} if the text has another form or a part is too large.
 */
export function parseBackupTime(text: string): number {
  const match = PATTERN.exec(text);
  if (match === null) throw new UsageError(`unable to parse backup time '${text}'`);
  const parts = match.slice(1).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  for (const [i, limit] of LARGEST.entries()) {
    const value = parts[i + 1]!;
    if (value > limit) {
      throw new UsageError(
        `failed to parse rfc3339 timestamp ("${text}") - value too large (${value} > ${limit})`,
      );
    }
  }
  const date = new Date(0);
  // Not Date.UTC(): it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  return date.getTime() / 1000;
}
