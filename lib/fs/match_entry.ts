import { Glob } from "./match_glob.ts";

/** Effect of a match entry on what it matches. */
export type MatchType = "include" | "exclude";

const BANG = 0x21;
const SLASH = 0x2f;

/**
 * One entry of a match list: a glob with a type and a restriction (spec: pxar.md §5.3.2).
 *
 * @example
 * ```ts
 * import { assert, assertEquals, assertFalse } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const entry = new MatchEntry(bytes("!cache/"));
 * assertEquals(entry.type, "include");
 * assert(entry.matches(bytes("/home/cache"), true));
 * assertFalse(entry.matches(bytes("/home/cache"), false));
 * ```
 */
export class MatchEntry {
  /** Effect on entries that match. */
  readonly type: MatchType;
  /** Whether only directories match. */
  readonly directoriesOnly: boolean;
  /** Whether only the complete path is tested, instead of the part after any slash as well. */
  readonly anchored: boolean;
  /** The pattern without leading `!` and trailing slashes, escapes kept. */
  readonly pattern: Uint8Array;
  /** The compiled pattern. */
  readonly glob: Glob;

  /**
   * @param text A pattern; a leading `!` inverts the type, trailing slashes restrict it to
   *   directories, an empty one acts as `/`.
   * @param type Type if there is no `!`.
   * @throws {UsageError} that names the pattern if it is malformed.
   */
  constructor(text: Uint8Array, type: MatchType = "exclude", anchored = false) {
    const inverted = text[0] === BANG;
    const start = inverted ? 1 : 0;
    let end = text.length;
    while (end > start && text[end - 1] === SLASH) end--;
    this.type = inverted === (type === "exclude") ? "include" : "exclude";
    this.directoriesOnly = end < text.length || end === start;
    this.pattern = end === start ? new Uint8Array([SLASH]) : text.slice(start, end);
    this.anchored = anchored;
    this.glob = new Glob(this.pattern);
  }

  /** Whether the entry matches a path. */
  matches(path: Uint8Array, isDirectory: boolean): boolean {
    if (this.directoriesOnly && !isDirectory) return false;
    return this.anchored ? this.glob.matches(path) : this.glob.matchesPathSuffix(path);
  }
}
