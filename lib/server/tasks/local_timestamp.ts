import { localClock, localOffsetSeconds } from "../../time/mod.ts";

/**
 * Local time as RFC 3339 with a numeric offset, 25 characters (spec: protocol.md §7.8).
 *
 * @example
 * ```ts
 * import { assertMatch } from "@std/assert";
 * assertMatch(localTimestamp(new Date()), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
 * ```
 */
export function localTimestamp(date: Date): string {
  const two = (value: number) => value.toString().padStart(2, "0");
  const seconds = Math.floor(date.getTime() / 1000);
  const clock = localClock(seconds);
  const minutes = Math.trunc(localOffsetSeconds(seconds) / 60);
  const offset = Math.abs(minutes);
  const day = [clock.getUTCFullYear().toString().padStart(4, "0"), two(clock.getUTCMonth() + 1)];
  const time = [clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds()].map(two).join(
    ":",
  );
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
  return `${day.join("-")}-${two(clock.getUTCDate())}T${time}${zone}`;
}
