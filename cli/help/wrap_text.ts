/** Columns of a terminal that nobody has made wider. */
export const HELP_WIDTH = 80;

/**
 * Breaks a text into lines of at most {@linkcode HELP_WIDTH} columns; what is wider itself stays whole.
 *
 * @param parts What is kept together; usually words.
 * @param indent Columns in front of each line.
 * @param firstIndent Columns in front of the first line, if they are others.
 * @returns The lines with their indents.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(wrapText(["a", "b"], 2), ["  a b"]);
 * ```
 */
export function wrapText(
  parts: readonly string[],
  indent: number,
  firstIndent: number = indent,
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const room = HELP_WIDTH - (lines.length === 0 ? firstIndent : indent);
    if (line !== "" && line.length + 1 + part.length > room) {
      lines.push(line);
      line = part;
    } else line = line === "" ? part : `${line} ${part}`;
  }
  lines.push(line);
  return lines.map((each, index) => " ".repeat(index === 0 ? firstIndent : indent) + each);
}
