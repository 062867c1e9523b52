import { UsageError } from "../errors/mod.ts";

/** Shorthands of systemd, as it defines them. */
const SHORTHANDS: Readonly<Record<string, string>> = {
  minutely: "* * * * *",
  hourly: "0 * * * *",
  daily: "0 0 * * *",
  weekly: "0 0 * * 1",
  monthly: "0 0 1 * *",
  quarterly: "0 0 1 1,4,7,10 *",
  semiannually: "0 0 1 1,7 *",
  yearly: "0 0 1 1 *",
  annually: "0 0 1 1 *",
};

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** In the order of systemd, in which a range is written. */
const WEEK = [1, 2, 3, 4, 5, 6, 0];
const FULL_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/**
 * Five fields of cron for a calendar expression of systemd, as far as cron can say the same:
 * `daily`, `Mon..Fri 02:30`, `*-*-1,15 4:00`, `*:0/15`.
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
  const text = calendar.trim().toLowerCase();
  const shorthand = Object.hasOwn(SHORTHANDS, text) ? SHORTHANDS[text] : undefined;
  if (shorthand !== undefined) return shorthand;
  const parts = text.split(/\s+/);
  const weekdays = /^[a-z]/.test(parts[0] ?? "") ? parts.shift() : undefined;
  const date = parts[0]?.includes("-") ? parts.shift() : undefined;
  const time = parts.shift() ?? "00:00";
  if (parts.length > 0) fail(calendar);
  const [year, month, day] = date === undefined ? ["*", "*", "*"] : dateParts(date, calendar);
  const [hour, minute, second = "0", ...rest] = time.split(":");
  if (minute === undefined || rest.length > 0 || !/^0+$/.test(second) || year !== "*") {
    fail(calendar);
  }
  const fields = [
    field(minute, 0, 59, calendar),
    field(hour!, 0, 23, calendar),
    field(day!, 1, 31, calendar),
    field(month!, 1, 12, calendar),
    weekdays === undefined ? "*" : weekdayField(weekdays, calendar),
  ];
  // Cron starts when either fits, systemd when both do.
  if (fields[2] !== "*" && fields[4] !== "*") fail(calendar);
  return fields.join(" ");
}

function dateParts(date: string, calendar: string): [string, string, string] {
  const parts = date.split("-");
  if (parts.length === 2) return ["*", parts[0]!, parts[1]!];
  if (parts.length !== 3) fail(calendar);
  return parts as [string, string, string];
}

/** A list of values, ranges and steps. */
function field(text: string, first: number, last: number, calendar: string): string {
  if (text === "*") return "*";
  return text.split(",").map((item) => {
    const match = /^(\*|\d{1,2})(?:\.\.(\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(item);
    if (match === null) fail(calendar);
    const [, from, to, step] = match;
    if (from === "*" && to !== undefined) fail(calendar);
    const start = from === "*" ? first : Number(from);
    const end = to === undefined ? undefined : Number(to);
    const every = step === undefined ? undefined : Number(step);
    if (start < first || start > last || every === 0) fail(calendar);
    if (end !== undefined && (end > last || end < start)) fail(calendar);
    if (every === undefined) return end === undefined ? `${start}` : `${start}-${end}`;
    return `${start}-${end ?? last}/${every}`;
  }).join(",");
}

function weekdayField(text: string, calendar: string): string {
  const numbers = text.split(",").flatMap((item) => {
    const [from, to, ...rest] = item.split("..").map((name) => weekday(name, calendar));
    if (from === undefined || rest.length > 0) fail(calendar);
    if (to === undefined) return [from];
    const [start, end] = [WEEK.indexOf(from), WEEK.indexOf(to)];
    if (end < start) fail(calendar);
    return WEEK.slice(start, end + 1);
  });
  const sorted = [...new Set(numbers)].sort();
  const isRow = sorted.length > 2 && sorted.every((day, i) => day === sorted[0]! + i);
  return isRow ? `${sorted[0]}-${sorted.at(-1)}` : sorted.join(",");
}

function weekday(name: string, calendar: string): number {
  const at = Math.max(DAYS.indexOf(name), FULL_DAYS.indexOf(name));
  return at < 0 ? fail(calendar) : at;
}

function fail(calendar: string): never {
  throw new UsageError(
    `cron has no words for '${calendar}': it knows times such as 02:30, 'Mon..Fri 02:30', ` +
      "'*-*-1 04:00', '*:0/15', hourly, daily, weekly and monthly",
  );
}
