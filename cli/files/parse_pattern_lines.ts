const NEWLINE = 0x0a;
const HASH = 0x23;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0c, 0x0d]);

/**
 * The patterns of a file that has one a line. Lines that are empty or begin with `#` do not count, nor
 * do blanks around a pattern (spec: pxar.md §6.1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const content = new TextEncoder().encode("# mine\n\n /etc \n!*.conf");
 * const texts = parsePatternLines(content).map((line) => new TextDecoder().decode(line));
 * assertEquals(texts, ["/etc", "!*.conf"]);
 * ```
 */
export function parsePatternLines(content: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(NEWLINE, start);
    let end = newline < 0 ? content.length : newline;
    const next = end + 1;
    while (start < end && BLANKS.has(content[start]!)) start++;
    while (end > start && BLANKS.has(content[end - 1]!)) end--;
    if (start < end && content[start] !== HASH) lines.push(content.slice(start, end));
    start = next;
  }
  return lines;
}
