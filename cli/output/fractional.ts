/** A part of the language that its types do not know yet. */
interface RawJson {
  rawJSON(text: string): unknown;
}

/**
 * A number that JSON shows as a fraction even if it is whole, as the official client writes those it
 * has measured: `1.0`.
 */
export function fractional(value: number): unknown {
  if (!Number.isInteger(value)) return value;
  return (JSON as unknown as RawJson).rawJSON(value.toFixed(1));
}
