import type { CalendarField } from "./calendar_field.ts";
import { DueTimes } from "./_due_times.ts";
import { ZoneClock } from "./_zone_clock.ts";

/** Fields of a calendar event: the values that each part of a date and a time may have. */
export interface CalendarFields {
  /** Monday is 1, Sunday 7. */
  readonly weekdays: CalendarField;
  readonly years: CalendarField;
  readonly months: CalendarField;
  readonly days: CalendarField;
  readonly hours: CalendarField;
  readonly minutes: CalendarField;
  readonly seconds: CalendarField;
  /** Whether the clock of UTC counts, whatever the zone. */
  readonly utc: boolean;
}

/** Times that something is due, by the clock on the wall: see `parseCalendarEvent()`. */
export class CalendarEvent {
  /** The text that it was made of. */
  readonly text: string;
  readonly fields: CalendarFields;
  readonly #times: DueTimes;

  /**
   * @param text What it is shown as.
   * @param fields Values within the limits of each field.
   */
  constructor(text: string, fields: CalendarFields) {
    this.text = text;
    this.fields = fields;
    this.#times = new DueTimes(fields);
  }

  toString(): string {
    return this.text;
  }

  /**
   * The first time after another at which the event is due; `undefined` if it never comes again.
   *
   * What lies in an hour that the clock skips is due at the moment of the jump. Of an hour that it
   * shows twice the first counts, but for events of every hour, which are due in both.
   *
   * @param after Seconds since the epoch.
   * @param timeZone Name of a zone; that of the process if absent.
   * @returns Seconds since the epoch.
   * @throws {RangeError} if there is no such zone.
   */
  next(after: number, timeZone?: string): number | undefined {
    const clock = new ZoneClock(this.fields.utc ? "UTC" : timeZone);
    const start = Math.floor(after);
    // Near a clock that goes back, what it showed an hour ago may come again.
    let wall = this.#times.atOrAfter(start + clock.offsetAt(start) + 1 - clock.returnNear(start));
    let earliestAgain: number | undefined;
    while (wall !== undefined) {
      const [first, again] = clock.timesOf(wall);
      if (again !== undefined && again > start && this.#times.everyHour) earliestAgain ??= again;
      if (first > start) return Math.min(first, earliestAgain ?? first);
      wall = this.#times.atOrAfter(wall + 1);
    }
    return earliestAgain;
  }
}
