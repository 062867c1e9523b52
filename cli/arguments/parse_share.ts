/**
 * Parses a share of a whole: percent above 0 and up to 100, with `%` or without.
 *
 * @returns A number above 0 and up to 1, or undefined if the text is no share.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseShare("5%"), 0.05);
 * assertEquals(parseShare("0.5%"), 0.005);
 * assertEquals(parseShare("0"), undefined);
 * ```
 */
export function parseShare(text: string): number | undefined {
  const number = /^([0-9]{1,3}(?:\.[0-9]{1,6})?)%?$/.exec(text)?.[1];
  const share = Number(number) / 100;
  return share > 0 && share <= 1 ? share : undefined;
}
