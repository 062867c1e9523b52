const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

// deno-lint-ignore no-control-regex
const SPECIAL = /["\\\u0000-\u001f\u007f-\u009f]/g;

function escapeText(text: string): string {
  return text.replace(
    SPECIAL,
    (char) => ESCAPES[char] ?? `\\u{${char.charCodeAt(0).toString(16)}}`,
  );
}

/** Length of the valid UTF-8 sequence at `start`, 0 if there is none. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const first = bytes[start]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(start, start + length),
    );
    return start + length <= bytes.length ? length : 0;
  } catch {
    return 0;
  }
}

/**
 * A path as log lines show it: in double quotes, with anything unprintable escaped (spec: cli.md §8.5).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(quotePath(new Uint8Array([0x62, 0xff, 0x01, 0x22])), '"b\\xFF\\u{1}\\""');
 * ```
 */
export function quotePath(path: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return `"${escapeText(decoder.decode(path))}"`;
  } catch {
    // Not UTF-8: piece by piece below.
  }
  let text = "";
  for (let at = 0; at < path.length;) {
    const length = sequenceLength(path, at);
    text += length === 0
      ? `\\x${path[at]!.toString(16).toUpperCase().padStart(2, "0")}`
      : escapeText(decoder.decode(path.subarray(at, at + length)));
    at += Math.max(length, 1);
  }
  return `"${text}"`;
}
