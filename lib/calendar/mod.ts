/**
 * Calendar: when something is due, by the clock on the wall.
 *
 * A *calendar event* is a text such as `mon..fri 02:30`, in the syntax of the reference's schedules,
 * nearly all of which systemd has as well. It has a *field* for each part of a date and a time: all
 * values, or a list of *items*, which are values, ranges and repetitions. It is due at every second
 * that fits all fields. The *zone* says what a clock shows when; where that skips a due time, the
 * event is due at the moment of the jump.
 *
 * @module
 */

export { CalendarEvent, type CalendarFields } from "./calendar_event.ts";
export { type CalendarField, type CalendarItem, fieldValues } from "./calendar_field.ts";
export { parseCalendarEvent } from "./parse_calendar_event.ts";
