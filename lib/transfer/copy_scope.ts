import { UsageError } from "../errors/mod.ts";
import { Glob } from "../fs/mod.ts";
import {
  type BackupSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  isBackupType,
  isLatestPath,
  isSafeName,
  parseSnapshotPath,
} from "../repository/mod.ts";

const encoder = new TextEncoder();

/** One word, with what it means. */
interface ScopeWord {
  readonly text: string;
  readonly matches: (snapshot: BackupSnapshot, isNewest: boolean) => boolean;
  isUsed: boolean;
}

/**
 * Snapshots that somebody means with words: `type/id` for a group, `type/id/time` for a snapshot,
 * `type/id/latest` for the newest one. Type and id of groups may have the wildcards `*`, `?` and `[…]`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const scope = new CopyScope(["host/web*", "vm/100/latest"]);
 * assertEquals(scope.includes({ type: "host", id: "web1", time: 5 }, false), true);
 * assertEquals(scope.includes({ type: "vm", id: "100", time: 5 }, false), false);
 * assertEquals(scope.unused, ["vm/100/latest"]);
 * ```
 */
export class CopyScope {
  readonly #words: readonly ScopeWord[];

  /** @throws {UsageError} if a word is none of these. */
  constructor(words: readonly string[]) {
    this.#words = words.map((text) => ({ text, matches: matcherOf(text), isUsed: false }));
  }

  /** Words that have meant nothing so far. */
  get unused(): string[] {
    return this.#words.filter(({ isUsed }) => !isUsed).map(({ text }) => text);
  }

  /**
   * Whether a snapshot is meant.
   *
   * @param isNewest Whether it is the newest finished one of its group.
   */
  includes(snapshot: BackupSnapshot, isNewest: boolean): boolean {
    let isIncluded = false;
    for (const word of this.#words) {
      if (!word.matches(snapshot, isNewest)) continue;
      word.isUsed = true;
      isIncluded = true;
    }
    return isIncluded;
  }
}

function matcherOf(text: string): ScopeWord["matches"] {
  const parts = text.split("/");
  if (parts.length === 3 && !isLatestPath(text)) {
    const path = formatSnapshotPath(parseSnapshotPath(text));
    return (snapshot) => formatSnapshotPath(snapshot) === path;
  }
  const [type = "", id = ""] = parts;
  const hasWildcard = (part: string) => /[*?[]/.test(part);
  const isType = hasWildcard(type) || isBackupType(type);
  const isId = hasWildcard(id) ? !id.includes("**") : isSafeName(id);
  if (parts.length < 2 || parts.length > 3 || !isType || !isId) {
    throw new UsageError(
      `"${text}" is neither a group type/id, which may have wildcards, nor a snapshot type/id/time`,
    );
  }
  const glob = new Glob(encoder.encode(`${type}/${id}`));
  const isLatest = parts.length === 3;
  return (snapshot, isNewest) =>
    (!isLatest || isNewest) && glob.matches(encoder.encode(formatGroupPath(snapshot)));
}
