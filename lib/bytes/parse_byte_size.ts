import { trimTextEnd } from "./trim_text.ts";

const UNIT_EXPONENTS = new Map([["", 0], ["k", 1], ["m", 2], ["g", 3], ["t", 4], ["p", 5]]);
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/**
 * Parses a size in bytes such as `10MiB` or `1.5k` (spec: cli.md §6.5): a number, optional blanks,
 * a unit letter, `i` for powers of 1024, an optional `B`.
 *
 * @returns The bytes, or why the text is no size.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseByteSize("10 Mi"), 10 * 1024 * 1024);
 * assertEquals(parseByteSize("1.5k"), 1500);
 * assertEquals(parseByteSize("fast"), "invalid float literal");
 * ```
 */
export function parseByteSize(text: string): number | string {
  const match = /^([-+.0-9eE]*)\s*(?:([KMGTPkmgtp])(i?))?[Bb]?$/.exec(trimTextEnd(text, " "));
  const number = match?.[1] ?? "";
  if (match === null || !NUMBER.test(number)) return "invalid float literal";
  const factor = (match[3] === "i" ? 1024 : 1000) **
    UNIT_EXPONENTS.get((match[2] ?? "").toLowerCase())!;
  const bytes = Number(number) * factor;
  if (bytes < 0) return "byte size may not be negative";
  return bytes;
}
