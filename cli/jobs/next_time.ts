import { parseCalendarEvent } from "../../lib/calendar/mod.ts";

/** When a schedule is due next, seconds since 1970; undefined if there is none, or never again. */
export function nextTime(schedule: string | undefined, nowSeconds: number): number | undefined {
  return schedule === undefined ? undefined : parseCalendarEvent(schedule).next(nowSeconds);
}
