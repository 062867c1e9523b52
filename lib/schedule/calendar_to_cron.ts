import { type CalendarField, parseCalendarEvent } from "../calendar/mod.ts";
import { UsageError } from "../errors/mod.ts";

/**
 * Five fields of cron for a calendar event, as far as cron can say the same: `daily`,
 * `Mon..Fri 02:30`, `*-*-1,15 4:00`, `*:0/15`.
 *
 * @throws {UsageError} if cron has no words for it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(calendarToCron("Mon..Fri 02:30"), "30 2 * * 1-5");
 * ```
 */
export function calendarToCron(calendar: string): string {
  const { weekdays, years, months, days, hours, minutes, seconds, utc } = eventOf(calendar).fields;
  if (utc || years !== undefined || !isZero(seconds)) fail(calendar);
  // Cron starts when either fits, the calendar when both do.
  if (days !== undefined && weekdays !== undefined) fail(calendar);
  return [
    cronField(minutes, 59),
    cronField(hours, 23),
    cronField(days, 31),
    cronField(months, 12),
    weekdayField(weekdays),
  ].join(" ");
}

function eventOf(calendar: string): ReturnType<typeof parseCalendarEvent> {
  try {
    return parseCalendarEvent(calendar);
  } catch (cause) {
    return fail(calendar, cause);
  }
}

function isZero(field: CalendarField): boolean {
  return field?.length === 1 && field[0]!.first === 0 && field[0]!.step === undefined &&
    (field[0]!.last ?? 0) === 0;
}

/** A list of values, ranges and steps. */
function cronField(field: CalendarField, highest: number): string {
  if (field === undefined) return "*";
  return field.map(({ first, last, step }) => {
    if (step !== undefined) return `${first}-${last ?? highest}/${step}`;
    return last === undefined ? `${first}` : `${first}-${last}`;
  }).join(",");
}

/** Days of the week in cron's numbers, where Sunday is 0. */
function weekdayField(field: CalendarField): string {
  if (field === undefined) return "*";
  const days = field.flatMap(({ first, last = first }) => {
    return Array.from({ length: last - first + 1 }, (_, i) => (first + i) % 7);
  });
  const sorted = [...new Set(days)].sort();
  const isRow = sorted.length > 2 && sorted.every((day, i) => day === sorted[0]! + i);
  return isRow ? `${sorted[0]}-${sorted.at(-1)}` : sorted.join(",");
}

function fail(calendar: string, cause?: unknown): never {
  throw new UsageError(
    `cron has no words for '${calendar}': it knows times such as 02:30, 'Mon..Fri 02:30', ` +
      "'*-*-1 04:00', '*:0/15', hourly, daily, weekly and monthly",
    { cause },
  );
}
