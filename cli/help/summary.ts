/**
 * The first sentence of a description, for lists.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(summary("Make a key, e.g. k.json. It is shown once."), "Make a key, e.g. k.json.");
 * ```
 */
export function summary(description: string): string {
  return /^.*?\.(?= [A-Z])/.exec(description)?.[0] ?? description;
}
