import { compareSimilarity, levenshteinDistance } from "@std/text";

/** Letters that may be wrong, missing or too many, as a share of the longer word. */
const MAX_WRONG_SHARE = 0.4;
const MAX_WORDS = 3;

/**
 * The words that may have been meant by one that was mistyped, best first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(nearestWords("bakcup", ["backup", "restore", "list"]), ["backup"]);
 * assertEquals(nearestWords("x", ["backup", "restore"]), []);
 * ```
 */
export function nearestWords(word: string, words: readonly string[]): string[] {
  if (word.length < 2 || word.length > 64) return [];
  const near = words.filter((each) =>
    each.startsWith(word) ||
    levenshteinDistance(word.toLowerCase(), each.toLowerCase()) <=
      Math.ceil(Math.max(word.length, each.length) * MAX_WRONG_SHARE)
  );
  return near.sort(compareSimilarity(word)).slice(0, MAX_WORDS);
}
