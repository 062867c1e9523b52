const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** Content of a `$'...'` quote. */
export interface AnsiQuote {
  /** A character for each byte. */
  readonly text: string;
  /** Position of the quote's last character. */
  readonly end: number;
  readonly isClosed: boolean;
}

/**
 * Reads a quote of the kind `$'...'`: escapes with a letter, `\xHH` and `\NNN` stand for bytes.
 *
 * @param start Where its content begins.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(readAnsiQuote("$'a\\xffb' c", 2), { text: "a\xffb", end: 8, isClosed: true });
 * ```
 */
export function readAnsiQuote(line: string, start: number): AnsiQuote {
  let text = "";
  for (let at = start; at < line.length; at++) {
    const character = line[at]!;
    if (character === "'") return { text, end: at, isClosed: true };
    if (character !== "\\") {
      text += character;
      continue;
    }
    const number = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(line.slice(at + 1, at + 4));
    if (number !== null) {
      const [all, hexadecimal, octal] = number;
      const byte = hexadecimal === undefined ? parseInt(octal!, 8) : parseInt(hexadecimal, 16);
      text += String.fromCharCode(byte & 0xff);
      at += all.length;
      continue;
    }
    const next = line[++at];
    // Anything else keeps its backslash, as in the shells that have such quotes.
    if (next !== undefined) text += ESCAPES[next] ?? `\\${next}`;
  }
  return { text, end: line.length - 1, isClosed: false };
}
