import { type CalendarField, fieldValues } from "./calendar_field.ts";
import { FIELD_LIMITS, type FieldName } from "./_field_limits.ts";

/** The fields that times are searched by; all but the zone. */
export type DueFields = Readonly<Record<FieldName | "weekdays", CalendarField>>;

/** Wall times that fit all fields. The work of a search is bounded by the last year there is. */
export class DueTimes {
  readonly #weekdays: ReadonlySet<number>;
  readonly #values: Readonly<Record<FieldName, readonly number[]>>;

  constructor(fields: DueFields) {
    this.#weekdays = new Set(fieldValues(fields.weekdays, 1, 7));
    const names = Object.keys(FIELD_LIMITS) as FieldName[];
    this.#values = Object.fromEntries(names.map((name) => {
      const { lowest, highest } = FIELD_LIMITS[name];
      return [name, fieldValues(fields[name], lowest, highest)];
    })) as unknown as Record<FieldName, readonly number[]>;
  }

  /** Whether no hour is left out. */
  get everyHour(): boolean {
    return this.#values.hours.length === 24;
  }

  /**
   * The first fitting time that is not before another; `undefined` if none comes.
   *
   * @param wall Wall time, seconds.
   */
  atOrAfter(wall: number): number | undefined {
    const start = new Date(wall * 1000);
    const midnight = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
    const today = this.#dateFits(start) ? this.#timeAtOrAfter(wall - midnight / 1000) : undefined;
    if (today !== undefined) return midnight / 1000 + today;
    const day = this.#dayAfter(start);
    return day === undefined ? undefined : day / 1000 + this.#timeAtOrAfter(0)!;
  }

  #dateFits(date: Date): boolean {
    return this.#values.years.includes(date.getUTCFullYear()) &&
      this.#values.months.includes(date.getUTCMonth() + 1) &&
      this.#values.days.includes(date.getUTCDate()) &&
      this.#weekdays.has(date.getUTCDay() || 7);
  }

  /** Midnight of the first fitting day after the one of a date, milliseconds. */
  #dayAfter(date: Date): number | undefined {
    const { years, months, days } = this.#values;
    for (const year of years) {
      if (year < date.getUTCFullYear()) continue;
      for (const month of months) {
        for (const day of days) {
          const midnight = Date.UTC(year, month - 1, day);
          if (midnight <= date.getTime()) continue;
          const found = new Date(midnight);
          // The 31st of a month of 30 days is the first of the next one.
          if (found.getUTCDate() === day && this.#weekdays.has(found.getUTCDay() || 7)) {
            return midnight;
          }
        }
      }
    }
    return undefined;
  }

  /** Seconds since midnight. */
  #timeAtOrAfter(second: number): number | undefined {
    const { hours, minutes, seconds } = this.#values;
    const lastOfMinute = minutes.at(-1)! * 60 + seconds.at(-1)!;
    const hour = hours.find((hour) => hour * 3600 + lastOfMinute >= second);
    if (hour === undefined) return undefined;
    const minute = minutes.find((minute) => {
      return hour * 3600 + minute * 60 + seconds.at(-1)! >= second;
    })!;
    const start = hour * 3600 + minute * 60;
    return start + seconds.find((value) => start + value >= second)!;
  }
}
