/** Blocks whose characters take two columns of a terminal, as first and last code point. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

/**
 * Columns of a terminal that a text without control characters takes.
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
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) continue;
    const codePoint = character.codePointAt(0)!;
    width += WIDE.some(([first, last]) => codePoint >= first && codePoint <= last) ? 2 : 1;
  }
  return width;
}

/**
 * As much of a text from its front as fits into some columns.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["abc", "日本"].map((text) => cutToWidth(text, 3)), ["abc", "日"]);
 * ```
 */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let cut = "";
  let left = columns;
  for (const character of text) {
    left -= displayWidth(character);
    if (left < 0) break;
    cut += character;
  }
  return cut;
}
