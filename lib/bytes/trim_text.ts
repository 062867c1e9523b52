/**
 * A text without certain characters at its ends. A pattern like `/ +$/` looks from every blank in
 * the middle as well, and takes a time that grows with the square of them.
 *
 * @param characters Those to be cut off, one code unit each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(trimText("\t a b ", " \t"), "a b");
 * ```
 */
export function trimText(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text[start]!)) start++;
  return trimTextEnd(text.slice(start), characters);
}

/** A text without certain characters at its end, as {@linkcode trimText}. */
export function trimTextEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
