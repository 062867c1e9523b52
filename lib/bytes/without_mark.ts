/**
 * A text without the byte order mark that some editors put in front of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["\ufeffa", "a", ""].map(withoutMark), ["a", "a", ""]);
 * ```
 */
export function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}
