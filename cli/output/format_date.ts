import { localClock } from "../../lib/time/mod.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * Local time in the C locale's form, as log lines and tables show it (spec: cli.md §8.3).
 *
 * @param seconds Seconds since 1970.
 * @returns For instance `Thu Mar  5 02:00:01 2026`.
 */
export function formatDate(seconds: number): string {
  const date = localClock(seconds);
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
  const day = String(date.getUTCDate()).padStart(2);
  const month = MONTHS[date.getUTCMonth()];
  return `${DAYS[date.getUTCDay()]} ${month} ${day} ${time} ${date.getUTCFullYear()}`;
}
