/** Values of one field: one, those of a range, or every so many of one. */
export interface CalendarItem {
  readonly first: number;
  /** Last value that may be taken; absent for a single value, and for a repetition without end. */
  readonly last?: number | undefined;
  readonly step?: number | undefined;
}

/** Values that one field allows; `undefined`: all there are. */
export type CalendarField = readonly CalendarItem[] | undefined;

/**
 * The values of a field within limits, ascending, each once.
 *
 * @param field What is allowed.
 * @param lowest Lowest value there is.
 * @param highest Highest value there is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(fieldValues([{ first: 5, step: 20 }, { first: 7 }], 0, 59), [5, 7, 25, 45]);
 * ```
 */
export function fieldValues(field: CalendarField, lowest: number, highest: number): number[] {
  const values = new Set<number>();
  for (const { first, last, step } of field ?? [{ first: lowest, step: 1 }]) {
    const end = Math.min(last ?? (step === undefined ? first : highest), highest);
    for (let value = first; value <= end; value += step ?? 1) values.add(value);
  }
  return [...values].filter((value) => value >= lowest).sort((a, b) => a - b);
}
