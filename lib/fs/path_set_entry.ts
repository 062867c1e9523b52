import { MatchEntry } from "./match_entry.ts";

/**
 * A match entry that includes any of many exact paths, found by look-up.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const entry = new PathSetEntry([bytes("/a/b"), bytes("/c*")]);
 * assert(entry.matches(bytes("/c*")));
 * assertFalse(entry.matches(bytes("/cd")));
 * ```
 */
export class PathSetEntry extends MatchEntry {
  readonly #paths: ReadonlySet<string>;

  /** @param paths With leading slash. */
  constructor(paths: readonly Uint8Array[]) {
    // As far as a reach goes: any path.
    super(Uint8Array.of(0x2a, 0x2a), "include", true);
    this.#paths = new Set(paths.map(textOf));
  }

  /** Whether the path is one of them. */
  override matches(path: Uint8Array): boolean {
    return this.#paths.has(textOf(path));
  }
}

/** A character for each byte. */
function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.byteLength; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
