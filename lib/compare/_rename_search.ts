import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import type { ContentVerdict } from "./_content_evidence.ts";
import type { EntryChange } from "./entry_change.ts";
import { type CompareContents, JoinedChanges, type Subtree } from "./_joined_changes.ts";
import { joinMovedDirectories } from "./_moved_directories.ts";
import { isSameTarget } from "./_same_target.ts";

/** Files with one key that are looked at for a removed one. */
const MAX_CANDIDATES = 64;

/**
 * Finds out which of the removed entries came back under another name. Archives hold no inodes, so
 * it is told by what a rename leaves alone:
 *
 * - a directory, if all below it has the same relative paths, and is alike entry for entry, or if
 *   most of its files kept their names in a new directory;
 * - a file that is not empty, by size, modification time and mode;
 * - a symbolic link by target, modification time and mode.
 *
 * Contents must not be known to differ. One that kept its name and changed the directory goes before
 * all others; where the name is another, the content has to be known to be the same, or nothing else
 * on either side must fit.
 *
 * @param changes In the order of the archive.
 * @param isCut Whether the last directory may go on after the last change.
 * @returns The changes with every pair made one, at its new place.
 */
export function joinRenames(
  changes: readonly EntryChange[],
  isCut: boolean,
  compareContents: CompareContents,
): EntryChange[] {
  const joins = new JoinedChanges(changes, isCut, compareContents);
  const search = new RenameSearch(joins);
  search.pairDirectories();
  search.pairNames();
  joinMovedDirectories(joins);
  search.pairOthers();
  return joins.result();
}

class RenameSearch {
  constructor(private readonly joins: JoinedChanges) {}

  pairDirectories(): void {
    const added = new Map<string, number[]>();
    for (const [i, { status, after }] of this.joins.changes.entries()) {
      if (status !== "added" || after?.kind !== "directory") continue;
      const subtree = this.joins.subtreeAt(i);
      if (subtree !== undefined) append(added, directoryKey(after, subtree), i);
    }
    for (let i = 0; i < this.joins.changes.length; i++) {
      const { status, before } = this.joins.changes[i]!;
      if (status !== "removed" || before?.kind !== "directory") continue;
      const subtree = this.joins.subtreeAt(i);
      if (subtree === undefined) continue;
      const candidates = this.#free(added.get(directoryKey(before, subtree)) ?? []);
      const fitting = candidates.filter((j) => this.#areAlike(subtree, j));
      const chosen = fitting.find((j) => this.#haveOneName(i, j)) ?? fitting[0];
      if (chosen === undefined) continue;
      const below = subtree.end - subtree.start - 1;
      for (let k = 1; k <= below; k++) this.joins.moveAlong(i + k, chosen + k);
      this.joins.rename(i, chosen, below);
      i = subtree.end - 1;
    }
  }

  /** Entries that kept their name. */
  pairNames(): void {
    this.#pairByKey(({ name }, key) => `${key} ${encodeHex(name)}`, (fitting) => fitting[0]);
  }

  /** Entries that have another name. */
  pairOthers(): void {
    this.#pairByKey(
      (_, key) => key,
      (fitting, isProven, isOnly) => isProven || isOnly ? fitting[0] : undefined,
    );
  }

  /** @param choose One of those whose content is the same, or if there is none may be. */
  #pairByKey(
    keyOf: (entry: PxarEntry, key: string) => string,
    choose: (fitting: readonly number[], isProven: boolean, isOnly: boolean) => number | undefined,
  ): void {
    const added = new Map<string, number[]>();
    const removed = new Map<string, number[]>();
    for (const [i, { status, before, after }] of this.joins.changes.entries()) {
      if (this.joins.has(i) || status !== "added" && status !== "removed") continue;
      const entry = before ?? after!;
      const key = entryKey(entry);
      if (key !== undefined) append(status === "added" ? added : removed, keyOf(entry, key), i);
    }
    for (const [key, gone] of removed) {
      const come = added.get(key);
      if (come === undefined) continue;
      const isOnly = gone.length === 1 && come.length === 1;
      for (const i of gone) {
        const verdicts = this.#free(come).map((j) => [j, this.joins.verdict(i, j)] as const);
        const withVerdict = (wanted: ContentVerdict) =>
          verdicts.filter(([, verdict]) => verdict === wanted).map(([j]) => j);
        const proven = withVerdict("same");
        const fitting = proven.length > 0 ? proven : withVerdict("unknown");
        const chosen = choose(fitting, proven.length > 0, isOnly);
        if (chosen !== undefined) this.joins.rename(i, chosen);
      }
    }
  }

  /** The first that are not joined yet; those that are leave the list. */
  #free(indexes: number[]): readonly number[] {
    const found: number[] = [];
    let seen = 0;
    for (const i of indexes) {
      seen++;
      if (!this.joins.has(i) && found.push(i) === MAX_CANDIDATES) break;
    }
    if (seen - found.length > MAX_CANDIDATES) {
      let kept = 0;
      for (const i of indexes) if (!this.joins.has(i)) indexes[kept++] = i;
      indexes.length = kept;
    }
    return found;
  }

  #haveOneName(removed: number, added: number): boolean {
    return bytesEqual(
      this.joins.changes[removed]!.before!.name,
      this.joins.changes[added]!.after!.name,
    );
  }

  /** Whether the directories of a removed subtree and of an added one hold the same. */
  #areAlike({ start, end }: Subtree, added: number): boolean {
    const oldTop = this.joins.changes[start]!.path;
    const newTop = this.joins.changes[added]!.path;
    for (let i = start + 1; i < end; i++) {
      const [old, now] = [this.joins.changes[i]!, this.joins.changes[added + i - start]!];
      if (this.joins.has(added + i - start)) return false;
      const [oldPath, newPath] = [
        old.path.subarray(oldTop.length),
        now.path.subarray(newTop.length),
      ];
      if (
        !bytesEqual(oldPath, newPath) || !this.#isAlike(i, added + i - start, oldTop, newTop)
      ) return false;
    }
    return true;
  }

  #isAlike(removed: number, added: number, oldTop: Uint8Array, newTop: Uint8Array): boolean {
    const { changes } = this.joins;
    const [old, now] = [changes[removed]!.before!, changes[added]!.after!];
    if (old.kind !== now.kind) return false;
    if (old.kind === "hardlink") return isSameTarget(old.target!, now.target!, oldTop, newTop);
    return this.joins.partsOf(removed, added).parts.length === 0;
  }
}

function append(map: Map<string, number[]>, key: string, value: number): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** Renaming a directory changes neither its times nor what is in it. */
function directoryKey({ metadata }: PxarEntry, { start, end }: Subtree): string {
  const { mtimeSecs, mtimeNanos, mode } = metadata!;
  return `${end - start} ${mtimeSecs} ${mtimeNanos} ${mode}`;
}

/** The traits that a rename leaves alone; undefined for an entry that has too few. */
function entryKey({ kind, size, target, metadata }: PxarEntry): string | undefined {
  if (metadata === undefined) return undefined;
  const { mtimeSecs, mtimeNanos, mode } = metadata;
  const times = `${mtimeSecs} ${mtimeNanos} ${mode}`;
  if (kind === "file" && size > 0) return `${times} ${size}`;
  if (kind === "symlink") return `${times} ${encodeHex(target!)}`;
  return undefined;
}
