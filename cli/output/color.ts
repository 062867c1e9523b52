const CODES = { red: 31, yellow: 33 } as const;

/** Color of something that wants attention. */
export type Color = keyof typeof CODES;

/**
 * A text in a color, for terminals.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(colored("failed", "red"), "\x1b[31mfailed\x1b[0m");
 * ```
 */
export function colored(text: string, color: Color): string {
  return text === "" ? "" : `\x1b[${CODES[color]}m${text}\x1b[0m`;
}
