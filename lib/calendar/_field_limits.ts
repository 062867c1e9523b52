/** A part of a date or a time that has numbers. */
export type FieldName = "years" | "months" | "days" | "hours" | "minutes" | "seconds";

/**
 * The values of each field, and where repetitions of all values begin. The last year is that of
 * systemd: what never comes must be looked for up to some year.
 */
export const FIELD_LIMITS: Readonly<
  Record<FieldName, { readonly lowest: number; readonly highest: number; readonly origin: number }>
> = {
  years: { lowest: 1970, highest: 2199, origin: 0 },
  months: { lowest: 1, highest: 12, origin: 1 },
  days: { lowest: 1, highest: 31, origin: 1 },
  hours: { lowest: 0, highest: 23, origin: 0 },
  minutes: { lowest: 0, highest: 59, origin: 0 },
  seconds: { lowest: 0, highest: 59, origin: 0 },
};
