/**
 * The line of a sample.
 *
 * @param name With its suffix.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(sampleText("a_total", { b: 'c"\n' }, 1), String.raw`a_total{b="c\"\n"} 1`);
 * ```
 */
export function sampleText(
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): string {
  const shown = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(text)}"`);
  return `${name}${shown.length === 0 ? "" : `{${shown.join(",")}}`} ${numberText(value)}`;
}

/** A text as it stands between quotes; halves of surrogate pairs are no text. */
function escapeText(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(
    '"',
    '\\"',
  );
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
