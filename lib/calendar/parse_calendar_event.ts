import { UsageError } from "../errors/mod.ts";
import { CalendarEvent } from "./calendar_event.ts";
import type { CalendarField, CalendarItem } from "./calendar_field.ts";
import { FIELD_LIMITS, type FieldName } from "./_field_limits.ts";

/** Words for whole events. */
const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ["minutely", "*-*-* *:*:00"],
  ["hourly", "*-*-* *:00:00"],
  ["daily", "*-*-* 00:00:00"],
  ["weekly", "mon *-*-* 00:00:00"],
  ["monthly", "*-*-01 00:00:00"],
  ["quarterly", "*-01,04,07,10-01 00:00:00"],
  ["semiannually", "*-01,07-01 00:00:00"],
  ["semi-annually", "*-01,07-01 00:00:00"],
  ["yearly", "*-01-01 00:00:00"],
  ["annually", "*-01-01 00:00:00"],
]);

const DAY_NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** Longest text that is looked at; nobody writes as much as a tenth of it. */
const LONGEST_TEXT = 1000;

/** A piece of the text, and where it begins. */
interface Piece {
  readonly text: string;
  readonly at: number;
}

/**
 * The calendar event that a text describes:
 * `[WEEKDAYS] [[YEARS-]MONTHS-DAYS] [[HOURS:]MINUTES[:SECONDS]] [UTC]`, or a word such as `daily`.
 *
 * Without a time it is midnight; a time of one part is minutes of every hour. A part is `*`, or a list
 * of `5`, `1..5`, `5/10` (from 5, every 10) and `1..20/5`; weekdays are English names, in full or with
 * three letters, and a range of them may pass the end of the week.
 *
 * @param text The text; letters of either case.
 * @throws {UsageError} that names what is wrong, and at which character.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * const event = parseCalendarEvent("mon..fri 02:30");
 * assertEquals(event.next(Date.UTC(2027, 0, 1, 12) / 1000, "UTC"), Date.UTC(2027, 0, 4, 2, 30) / 1000);
 * assertThrows(() => parseCalendarEvent("25:00"), Error, "hours go from 0 to 23, not 25 (character 1)");
 * ```
 */
export function parseCalendarEvent(text: string): CalendarEvent {
  const reader = new EventReader(text);
  const pieces = reader.pieces();
  const utc = pieces.length > 1 && pieces.at(-1)!.text === "utc";
  if (utc) pieces.pop();
  if (pieces.length === 1) {
    const meant = SHORTHANDS.get(pieces[0]!.text);
    if (meant !== undefined) {
      return new CalendarEvent(text, { ...parseCalendarEvent(meant).fields, utc });
    }
  }
  const weekdays = /^[a-z]/.test(pieces[0]?.text ?? "") ? pieces.shift() : undefined;
  const date = pieces[0]?.text.includes("-") ? pieces.shift() : undefined;
  const time = pieces.shift();
  const fields = {
    weekdays: weekdays === undefined ? undefined : reader.weekdays(weekdays),
    ...reader.date(date),
    ...reader.time(time),
    utc,
  };
  if (pieces.length > 0) reader.fail(`'${pieces[0]!.text}' follows what is whole`, pieces[0]!);
  return new CalendarEvent(text, fields);
}

/** Reads pieces of one text, and says where they are wrong. */
class EventReader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  fail(why: string, where: Piece): never {
    throw new UsageError(
      `'${this.#text.slice(0, 100)}' is no calendar event: ${why} (character ${where.at + 1}); ` +
        "such as: daily, 02:30, 'mon..fri 22:00', 'sat *-*-1..7 04:00', '*:0/15'",
    );
  }

  pieces(): Piece[] {
    const whole = { text: this.#text, at: 0 };
    if (this.#text.length > LONGEST_TEXT) {
      this.fail(`it is longer than ${LONGEST_TEXT} characters`, whole);
    }
    const pieces = [...this.#text.toLowerCase().matchAll(/[^\s]+/g)].map((match) => {
      return { text: match[0], at: match.index };
    });
    return pieces.length === 0 ? this.fail("it is empty", whole) : pieces;
  }

  date(piece: Piece | undefined): Record<"years" | "months" | "days", CalendarField> {
    if (piece === undefined) return { years: undefined, months: undefined, days: undefined };
    const parts = split(piece, "-");
    if (parts.length > 3) this.fail("a date is YEARS-MONTHS-DAYS or MONTHS-DAYS", piece);
    const [days, months, years] = parts.reverse();
    return {
      years: years === undefined ? undefined : this.#field(years, "years"),
      months: this.#field(months!, "months"),
      days: this.#field(days!, "days"),
    };
  }

  time(piece: Piece | undefined): Record<"hours" | "minutes" | "seconds", CalendarField> {
    const none = [{ first: 0 }];
    if (piece === undefined) return { hours: none, minutes: none, seconds: none };
    const parts = split(piece, ":");
    if (parts.length > 3) this.fail("a time is HOURS:MINUTES or HOURS:MINUTES:SECONDS", piece);
    // A single part is minutes: `*/5` is every five minutes.
    const [hours, minutes, seconds] = parts.length === 1 ? [undefined, parts[0]!] : parts;
    return {
      hours: hours === undefined ? undefined : this.#field(hours, "hours"),
      minutes: this.#field(minutes!, "minutes"),
      seconds: seconds === undefined ? none : this.#field(seconds, "seconds"),
    };
  }

  weekdays(piece: Piece): CalendarField {
    return split(piece, ",").flatMap((item): CalendarItem[] => {
      const ends = split(item, "..");
      if (ends.length > 2) this.fail(`'${item.text}' is no range of weekdays`, item);
      const [first, last] = ends.map((end) => this.#weekday(end));
      if (last === undefined) return [{ first: first! }];
      if (first! <= last) return [{ first: first!, last }];
      return [{ first: first!, last: 7 }, { first: 1, last }];
    });
  }

  #weekday(piece: Piece): number {
    const at = DAY_NAMES.findIndex((name) =>
      piece.text === name || piece.text === name.slice(0, 3)
    );
    if (at < 0) this.fail(`'${piece.text}' is no weekday, and no word such as daily`, piece);
    return at + 1;
  }

  #field(piece: Piece, name: FieldName): CalendarField {
    if (piece.text === "*") return undefined;
    return split(piece, ",").map((item) => this.#item(item, name));
  }

  #item(item: Piece, name: FieldName): CalendarItem {
    const match = /^(?:(\*)|(\d{1,4})(?:\.\.(\d{1,4}))?)(?:\/(\d{1,4}))?$/.exec(item.text);
    if (match === null) this.fail(`'${item.text}' says no ${name}`, item);
    const [, all, first, last, step] = match;
    const { lowest, highest, origin } = FIELD_LIMITS[name];
    for (const value of [first, last]) {
      if (value !== undefined && (Number(value) < lowest || Number(value) > highest)) {
        this.fail(`${name} go from ${lowest} to ${highest}, not ${value}`, item);
      }
    }
    if (step !== undefined && Number(step) === 0) this.fail(`every 0 ${name} is never`, item);
    if (last !== undefined && Number(last) < Number(first)) {
      this.fail(`the range '${item.text}' ends before it begins`, item);
    }
    return {
      first: all === undefined ? Number(first) : origin,
      // An asterisk in a list is a range of all values.
      last: all === undefined ? numberOf(last) : highest,
      step: numberOf(step),
    };
  }
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function split(piece: Piece, separator: string): Piece[] {
  let at = piece.at;
  return piece.text.split(separator).map((text) => {
    const part = { text, at };
    at += text.length + separator.length;
    return part;
  });
}
