import type { Argument } from "../arguments/argument.ts";
import { readAnsiQuote } from "../arguments/read_ansi_quote.ts";
import { splitShellLine } from "../arguments/split_shell_line.ts";

/** A line of a catalog shell, taken apart. */
export interface SplitLine {
  /** Words that a blank ends. */
  readonly words: readonly Argument[];
  /** Start of the last word; undefined after a blank. */
  readonly current: Argument | undefined;
  /** Byte at which that word begins; the end of the line after a blank. */
  readonly currentAt: number;
  /** Whether the line ends within quotes or after a backslash. */
  readonly isOpen: boolean;
}

/**
 * Splits a line by the Bourne shell's quoting rules (spec: cli.md §4.11), and those of `$'...'`, by
 * which names that are no text can be typed.
 *
 * @param line Need not be UTF-8.
 */
export function splitLine(line: Uint8Array): SplitLine {
  const { words, current, currentAt, isOpen } = splitShellLine(byteText(line), {
    ansiQuote: readAnsiQuote,
  });
  return {
    words: words.map(toArgument),
    current: current === undefined ? undefined : toArgument(current),
    currentAt,
    isOpen,
  };
}

/** Text with a character for each byte. */
export function byteText(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.byteLength; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

function toArgument(byteText: string): Argument {
  const bytes = Uint8Array.from(byteText, (character) => character.charCodeAt(0));
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), bytes };
  }
}
