/** How a word begins that somebody has typed: a quote, or nothing. */
export type QuoteStyle = "" | "'" | '"' | "$'";

/** Characters that a shell may give a meaning. */
const SPECIAL = /[ '"\\$`&;|<>(){}[\]*?!#~]/g;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const LETTERS: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x1b, "\\e"],
  [0x27, "\\'"],
  [0x5c, "\\\\"],
]);

/** The quote that an unfinished word begins with. */
export function quoteStyleOf(word: string): QuoteStyle {
  if (word.startsWith("$'")) return "$'";
  return word.startsWith("'") || word.startsWith('"') ? word[0] as QuoteStyle : "";
}

/**
 * A word as it has to be typed. What is no text, or has control characters, is quoted as `$'...'`.
 *
 * @param style How the word begins; another is taken where it must be.
 * @param isComplete Whether quotes are closed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * assertEquals(quoteWord(bytes("a b[1]"), "", true), "a\\ b\\[1\\]");
 * assertEquals(quoteWord(bytes("a b"), "'", false), "'a b");
 * assertEquals(quoteWord(Uint8Array.of(0x61, 0x0a, 0xff), "", true), "$'a\\n\\xff'");
 * ```
 */
export function quoteWord(bytes: Uint8Array, style: QuoteStyle, isComplete: boolean): string {
  const text = textOf(bytes);
  const end = isComplete ? style.slice(-1) : "";
  if (text === undefined || style === "$'") {
    return `$'${escapeBytes(bytes, text !== undefined)}${isComplete ? "'" : ""}`;
  }
  switch (style) {
    case "'":
      return `'${text.replaceAll("'", "'\\''")}${end}`;
    case '"':
      return `"${text.replace(/["\\$`]/g, "\\$&")}${end}`;
    default:
      return text.replace(SPECIAL, "\\$&");
  }
}

/** The text of a word that can be shown and typed; undefined for others. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function escapeBytes(bytes: Uint8Array, isText: boolean): string {
  if (isText) return new TextDecoder().decode(bytes).replace(/['\\]/g, "\\$&");
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f;
    text += LETTERS.get(byte) ??
      (isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`);
  }
  return text;
}
