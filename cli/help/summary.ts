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
  const end = description.search(/\. [A-Z]/);
  return end < 0 ? description : description.slice(0, end + 1);
}
