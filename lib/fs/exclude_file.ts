import { concatBytes, quotePath } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { MatchEntry, type MatchType } from "./match_entry.ts";
import { normaliseMatchPath } from "./match_normalise.ts";

/** Name of the file with exclude patterns in any directory of a source. */
export const EXCLUDE_FILE_NAME = ".pxarexclude";

/** Something about a line of an exclude file. */
export interface ExcludeFileProblem {
  readonly kind: "pattern-normalised" | "bad-pattern";
  /** The pattern and what happened to it. */
  readonly detail: string;
}

const NEWLINE = 0x0a;
const SLASH = 0x2f;
const BANG = 0x21;
const HASH = 0x23;
const GLOB_BYTES: ReadonlySet<number> = new Set([0x5c, 0x2a, 0x3f, 0x5b]);

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d;
}

function trim(line: Uint8Array): Uint8Array {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start])) start++;
  while (end > start && isBlank(line[end - 1])) end--;
  return line.subarray(start, end);
}

/** Whether an editor wrote its byte order mark, which is no part of the first pattern. */
function startsWithMark(content: Uint8Array): boolean {
  return content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
}

/** The directory as a literal prefix: `/` and its path, with glob bytes escaped. */
function literalPrefix(directory: Uint8Array): Uint8Array {
  if (directory.length === 0) return new Uint8Array();
  const prefix = [SLASH];
  for (const byte of directory) {
    if (GLOB_BYTES.has(byte)) prefix.push(0x5c);
    prefix.push(byte);
  }
  return new Uint8Array(prefix);
}

/**
 * The match entries of a `.pxarexclude` file (spec: pxar.md §5.3.3).
 *
 * @param content The file's bytes.
 * @param directory Path of its directory relative to the root, without leading slash. Glob characters
 *   in it stand for themselves.
 * @param onProblem Told about lines that were ignored or changed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const [entry] = parseExcludeFile(bytes("# mine\n!/keep\n"), bytes("a/b"), () => {});
 * assertEquals(entry?.type, "include");
 * assertEquals(entry?.matches(bytes("/a/b/keep"), false), true);
 * ```
 */
export function parseExcludeFile(
  content: Uint8Array,
  directory: Uint8Array,
  onProblem: (problem: ExcludeFileProblem) => void,
): MatchEntry[] {
  const entries: MatchEntry[] = [];
  const prefix = literalPrefix(directory);
  for (let start = startsWithMark(content) ? 3 : 0; start < content.length;) {
    const newline = content.indexOf(NEWLINE, start);
    const end = newline < 0 ? content.length : newline;
    const line = trim(content.subarray(start, end));
    start = end + 1;
    if (line.length === 0 || line[0] === HASH) continue;
    const type: MatchType = line[0] === BANG ? "include" : "exclude";
    const rest = type === "include" ? line.subarray(1) : line;
    const anchored = rest[0] === SLASH;
    const text = anchored ? concatBytes([prefix, rest]) : rest;
    const cleaned = normaliseMatchPath(text);
    if (cleaned !== text) {
      onProblem({
        kind: "pattern-normalised",
        detail: `${quotePath(text)}, ${quotePath(cleaned)}`,
      });
    }
    try {
      entries.push(new MatchEntry(cleaned, type, anchored));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      onProblem({ kind: "bad-pattern", detail: error.message });
    }
  }
  return entries;
}
