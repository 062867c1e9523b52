import { concatBytes, quotePath } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { listLines, trimLine } from "./list_lines.ts";
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

const SLASH = 0x2f;
const BANG = 0x21;
const HASH = 0x23;
const GLOB_BYTES: ReadonlySet<number> = new Set([0x5c, 0x2a, 0x3f, 0x5b]);

/** A directory as a literal prefix of patterns: `/` and its path, with glob bytes escaped. */
export function literalPrefix(directory: Uint8Array): Uint8Array {
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
  for (const full of listLines(content)) {
    const line = trimLine(full);
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
