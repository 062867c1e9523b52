import { concatBytes } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { literalPrefix } from "./exclude_file.ts";
import { translateGitignorePattern } from "./_gitignore_pattern.ts";
import { listLines } from "./list_lines.ts";
import { MatchEntry } from "./match_entry.ts";

/** Name of the file with ignore rules in any directory of a working tree. */
export const GITIGNORE_NAME = ".gitignore";

const RETURN = 0x0d;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const SLASH = new Uint8Array([0x2f]);

/** Bytes that all patterns of a file may have, each with the path of its directory in front. */
const PATTERNS_BYTES_MAX = 32 * 1024 * 1024;

/**
 * The match entries of a `.gitignore` file, which mean what Git means by its lines.
 *
 * @param content The file's bytes.
 * @param directory Path of its directory relative to the root, without leading slash.
 * @throws {UsageError} if there are too many for a directory as deep as that.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const [entry] = parseGitignore(bytes("# made\nout/[!k]*\n"), bytes("lib"));
 * assertEquals(entry?.matches(bytes("/lib/out/a.o"), false), true);
 * assertEquals(entry?.matches(bytes("/lib/out/keep"), false), false);
 * ```
 */
export function parseGitignore(content: Uint8Array, directory: Uint8Array): MatchEntry[] {
  const entries: MatchEntry[] = [];
  const prefix = concatBytes([literalPrefix(directory), SLASH]);
  let length = 0;
  for (const raw of listLines(content)) {
    const line = withoutTrailingSpaces(raw.at(-1) === RETURN ? raw.subarray(0, -1) : raw);
    // What is behind a zero byte Git does not see.
    if (line.length === 0 || line[0] === 0x23 || line.includes(0)) continue;
    const pattern = translateGitignorePattern(line);
    if (pattern === undefined) continue;
    const { negated, directoriesOnly, anchored, text } = pattern;
    const parts = anchored ? [prefix, text] : [text];
    if (directoriesOnly) parts.push(SLASH);
    const full = concatBytes(parts);
    length += full.length;
    if (length > PATTERNS_BYTES_MAX) throw new UsageError("too many rules for a folder this deep");
    entries.push(new MatchEntry(full, negated ? "include" : "exclude", anchored));
  }
  return entries;
}

/** Escaped ones stay. */
function withoutTrailingSpaces(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && line[end - 1] === SPACE) end--;
  if (end === line.length) return line;
  let escapes = 0;
  while (escapes < end && line[end - 1 - escapes] === BACKSLASH) escapes++;
  return line.subarray(0, end + escapes % 2);
}
