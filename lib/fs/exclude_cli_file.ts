import { concatBytes } from "../bytes/mod.ts";
import type { MatchList } from "./match_list.ts";

/** Name of the generated last entry of the root that records the command line's patterns. */
export const EXCLUDE_CLI_FILE_NAME = ".pxarexclude-cli";

/**
 * Beginning of the lines behind the patterns that tell what else was left out. A pattern that begins like
 * this has a backslash in front.
 */
export const RECORDED_RULE_PREFIX = "# pbs-client: ";

const RULE_BYTES = new TextEncoder().encode(RECORDED_RULE_PREFIX);
const BACKSLASH = new Uint8Array([0x5c]);
const BANG = new Uint8Array([0x21]);
const SLASH = new Uint8Array([0x2f]);
const NEWLINE = new Uint8Array([0x0a]);

/**
 * The text that records a match list, one pattern a line: content of `.pxarexclude-cli` and, as UTF-8
 * text, of the prelude (spec: pxar.md §5.3.5).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MatchEntry } from "./match_entry.ts";
 * const list = ["*.tmp", "!/cache/"].map((text) => new MatchEntry(new TextEncoder().encode(text)));
 * assertEquals(new TextDecoder().decode(formatMatchList(list)), "*.tmp\n!/cache/\n");
 * ```
 */
export function formatMatchList(list: MatchList): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const { type, pattern, directoriesOnly } of list) {
    if (type === "include") parts.push(BANG);
    else if (RULE_BYTES.every((byte, i) => byte === pattern[i])) parts.push(BACKSLASH);
    parts.push(pattern);
    if (directoriesOnly && pattern.at(-1) !== 0x2f) parts.push(SLASH);
    parts.push(NEWLINE);
  }
  return concatBytes(parts);
}
