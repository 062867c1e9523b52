import { utcOffsetSeconds } from "../../ffi/local_time.ts";

/** Of the process: the runtime as well reads `TZ` only once. */
let isNamed: boolean | undefined;

/**
 * Seconds by which local time is ahead of UTC at a time.
 *
 * @param epochSeconds Seconds since the epoch.
 */
export function localOffsetSeconds(epochSeconds: number): number {
  isNamed ??= isZoneOfRuntime(Deno.env.get("TZ"));
  return isNamed
    ? -new Date(epochSeconds * 1000).getTimezoneOffset() * 60
    : utcOffsetSeconds(epochSeconds);
}

/**
 * A date whose UTC fields are what the clock on the wall shows.
 *
 * @param epochSeconds Seconds since the epoch.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const shown = localClock(0);
 * assertEquals(shown.getTime() / 1000, localOffsetSeconds(0));
 * ```
 */
export function localClock(epochSeconds: number): Date {
  return new Date((epochSeconds + localOffsetSeconds(epochSeconds)) * 1000);
}

/**
 * Whether the runtime knows the zone. It knows names only, and shows the machine's time for all else
 * that POSIX allows in `TZ`, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
 */
function isZoneOfRuntime(zone: string | undefined): boolean {
  if (zone === undefined) return true;
  if (!/^[A-Za-z][A-Za-z_]*(?:\/|$)/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
