const LITERALS = new Map([
  ["1", true],
  ["on", true],
  ["yes", true],
  ["true", true],
  ["0", false],
  ["off", false],
  ["no", false],
  ["false", false],
]);

/**
 * A boolean literal, in any case; undefined if the text is none (spec: cli.md §1.3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([parseBoolean("ON"), parseBoolean("no"), parseBoolean("y")], [true, false, undefined]);
 * ```
 */
export function parseBoolean(text: string): boolean | undefined {
  return LITERALS.get(text.toLowerCase());
}
