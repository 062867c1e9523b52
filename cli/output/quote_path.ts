const ESCAPES = new Map([["\\", "\\\\"], ['"', '\\"'], ["\n", "\\n"], ["\t", "\\t"], [
  "\r",
  "\\r",
]]);

/**
 * A path in double quotes, with control characters and invalid UTF-8 made visible
 * (spec: cli.md §8.5).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const path = new Uint8Array([0x62, 0x61, 0x64, 0xff, 0x01]);
 * assertEquals(quotePath(path), '"bad\\xFF\\u{1}"');
 * assertEquals(quotePath("it's"), '"it\'s"');
 * ```
 */
export function quotePath(path: Uint8Array | string): string {
  if (typeof path === "string") return `"${escapeText(path)}"`;
  let quoted = "";
  for (let offset = 0; offset < path.length;) {
    const length = sequenceLength(path, offset);
    const bytes = path.subarray(offset, offset + Math.max(length, 1));
    quoted += length === 0
      ? `\\x${bytes[0]!.toString(16).toUpperCase().padStart(2, "0")}`
      : escapeText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    offset += bytes.length;
  }
  return `"${quoted}"`;
}

function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\\"\x00-\x1f\x7f-\x9f]/g, (character) => {
    return ESCAPES.get(character) ?? `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
}

/** Length of the UTF-8 sequence at an offset, 0 if there is none. */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length <= 1) return length;
  try {
    const sequence = bytes.subarray(offset, offset + length);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(sequence) === ""
      ? 0
      : length;
  } catch {
    return 0;
  }
}
