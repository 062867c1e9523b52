const NEWLINE = 0x0a;

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d;
}

/** A line of a list of patterns without blanks at its ends. */
export function trimLine(line: Uint8Array): Uint8Array {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start])) start++;
  while (end > start && isBlank(line[end - 1])) end--;
  return line.subarray(start, end);
}

/**
 * The lines of a list as they are, without the byte order mark that an editor wrote in front of it.
 *
 * @param separator What is behind each line, and may be missing behind the last one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const lines = listLines(new TextEncoder().encode("\ufeffa\n\nb"));
 * assertEquals([...lines].map((line) => new TextDecoder().decode(line)), ["a", "", "b"]);
 * ```
 */
export function* listLines(content: Uint8Array, separator = NEWLINE): Generator<Uint8Array> {
  const hasMark = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
  for (let start = hasMark ? 3 : 0; start < content.length;) {
    const found = content.indexOf(separator, start);
    const end = found < 0 ? content.length : found;
    yield content.subarray(start, end);
    start = end + 1;
  }
}
