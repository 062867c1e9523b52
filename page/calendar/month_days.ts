import { dayOf } from "../text/dates.ts";

/** A month: its year, and its number from 0. */
export interface Month {
  readonly year: number;
  readonly month: number;
}

/** A month some months later or earlier. */
export function shiftMonth({ year, month }: Month, by: number): Month {
  const count = year * 12 + month + by;
  return { year: Math.floor(count / 12), month: ((count % 12) + 12) % 12 };
}

/** The month of a day such as `2026-11-30`. */
export function monthOf(day: string): Month {
  const [year = 1970, month = 1] = day.split("-").map(Number);
  return { year, month: month - 1 };
}

/** A day some days later or earlier. */
export function shiftDay(day: string, by: number): string {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  const moved = new Date(year, month - 1, date + by, 12);
  return dayOf(moved.getFullYear(), moved.getMonth(), moved.getDate());
}

/** The weeks of a month, from Monday; places before and after the month are empty. */
export function weeksOf({ year, month }: Month): (string | undefined)[][] {
  const days = new Date(year, month + 1, 0).getDate();
  const before = (new Date(year, month, 1).getDay() + 6) % 7;
  const weeks: (string | undefined)[][] = [];
  for (let start = 1 - before; start <= days; start += 7) {
    weeks.push(Array.from({ length: 7 }, (_, index) => {
      const date = start + index;
      return date >= 1 && date <= days ? dayOf(year, month, date) : undefined;
    }));
  }
  return weeks;
}
