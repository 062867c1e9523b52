import type { Argument } from "./argument.ts";

const REPLACEMENT = "\ufffd";

/**
 * Pairs the decoded words of the command line with their raw bytes where decoding was lossy. The
 * runtime replaces invalid UTF-8, the kernel keeps the words: they are the last ones of the
 * process's own command line, whatever started it.
 *
 * @param words What the runtime reports, e.g. `Deno.args`.
 * @param readCommandLine Returns the NUL-terminated words of this process; called only if needed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const raw = new Uint8Array([0x78, 0, 0x61, 0xff, 0]);
 * assertEquals(readArguments(["a\ufffd"], () => raw)[0]?.bytes, new Uint8Array([0x61, 0xff]));
 * ```
 */
export function readArguments(
  words: readonly string[],
  readCommandLine: () => Uint8Array,
): Argument[] {
  if (!words.some((word) => word.includes(REPLACEMENT))) return words.map((text) => ({ text }));
  const raw = splitAtNul(readCommandLine()).slice(-words.length);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return words.map((text, index) => {
    const bytes = raw[index];
    // A literal U+FFFD is valid UTF-8 and stays text.
    if (bytes === undefined || !text.includes(REPLACEMENT) || isUtf8(bytes)) return { text };
    return { text: decoder.decode(bytes), bytes };
  });
}

function splitAtNul(bytes: Uint8Array): Uint8Array[] {
  const words: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
