import type { MatchEntry, MatchType } from "./match_entry.ts";

/** Match entries in order; the last one that matches decides (spec: pxar.md §5.3.2). */
export type MatchList = readonly MatchEntry[];

/**
 * Evaluates a list for one path.
 *
 * @param path Path to test. In a walk: `/` and the path relative to the root.
 * @param isDirectory Whether the entry is a directory.
 * @param length Use only the first `length` entries.
 * @returns The type of the last entry that matches, `undefined` if none does.
 */
export function evaluateMatchList(
  list: MatchList,
  path: Uint8Array,
  isDirectory: boolean,
  length = list.length,
): MatchType | undefined {
  for (let i = length - 1; i >= 0; i--) {
    const entry = list[i]!;
    if (entry.matches(path, isDirectory)) return entry.type;
  }
  return undefined;
}
