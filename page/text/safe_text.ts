/** A part of a name: characters as they are, or one that is written as an escape. */
export interface TextPart {
  readonly text: string;
  /** What it stands for, if it is an escape. */
  readonly meaning?: string;
}

const MEANINGS = new Map([
  [0x09, ["\\t", "tab"]],
  [0x0a, ["\\n", "line feed"]],
  [0x0d, ["\\r", "carriage return"]],
  [0x1b, ["\\e", "escape"]],
  [0xfffd, ["\uFFFD", "a byte that is no UTF-8"]],
]);

// Control characters, line separators, marks that turn the direction of text, and characters
// without width: with them a name could look like another one.
const HIDDEN = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069" +
    "\\ufeff\\ufff9-\\ufffd\\ud800-\\udfff\\u{e0000}-\\u{e007f}]",
  "gu",
);

/** A name in parts, with everything that cannot be seen, or that turns text around, as an escape. */
export function safeParts(text: string): TextPart[] {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === " ") start++;
  while (end > start && text[end - 1] === " ") end--;
  const parts = [
    ...blanks(start),
    ...visibleParts(text.slice(start, end)),
    ...blanks(text.length - end),
  ];
  return parts.length === 0 ? [{ text: "" }] : parts;
}

/** Blanks at an end of a name, which could not be seen. */
function blanks(count: number): TextPart[] {
  return count === 0 ? [] : [{ text: " ".repeat(count), meaning: "blank" }];
}

function visibleParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    const code = match[0].codePointAt(0)!;
    const [shown, meaning] = MEANINGS.get(code) ?? [];
    const hex = code.toString(16).toUpperCase().padStart(4, "0");
    parts.push({
      text: shown ?? (code < 0x80 ? `\\x${hex.slice(2)}` : `\\u{${hex}}`),
      meaning: meaning ?? `character U+${hex}`,
    });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** A name as plain text, for titles and labels. */
export function safeText(text: string): string {
  return safeParts(text).map((part) => part.text).join("");
}
