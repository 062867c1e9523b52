import { eastAsianWidth } from "get-east-asian-width";

/** Marks that lie on the character before them, and characters that show nothing. */
const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}\p{Zl}\p{Zp}\u1160-\u11ff\ud7b0-\ud7ff]/u;
/** Format characters that show something all the same: the soft hyphen, and signs of numbers. */
const SHOWN_FORMAT = /[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

/**
 * Columns of a terminal that a text without control characters takes. Characters count one by one, as
 * in the C library's `wcwidth`: terminals that draw several emoji as one are the exception.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["abc", "e\u0301", "日本"].map(displayWidth), [3, 1, 4]);
 * ```
 */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (NO_COLUMN.test(character) && !SHOWN_FORMAT.test(character)) continue;
    width += eastAsianWidth(character.codePointAt(0)!);
  }
  return width;
}

/**
 * As much of a text from its front as fits into some columns; accents stay on their letters.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["abc", "日本"].map((text) => cutToWidth(text, 3)), ["abc", "日"]);
 * ```
 */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const clusters = new Intl.Segmenter("und", { granularity: "grapheme" });
  let cut = "";
  let left = columns;
  for (const { segment } of clusters.segment(text)) {
    left -= displayWidth(segment);
    if (left < 0) break;
    cut += segment;
  }
  return cut;
}
