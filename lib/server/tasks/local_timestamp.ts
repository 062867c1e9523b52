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
  const minutes = -date.getTimezoneOffset();
  const offset = Math.abs(minutes);
  const day = [date.getFullYear().toString().padStart(4, "0"), two(date.getMonth() + 1)];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
  return `${day.join("-")}-${two(date.getDate())}T${time}${zone}`;
}
