import { bytesEqual, compareBytes, encodeHex } from "../bytes/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import { changedParts } from "./_changed_parts.ts";
import type { ContentVerdict } from "./_content_evidence.ts";
import type { EntryChange } from "./entry_change.ts";

/** What is known of the contents of two files of different names. */
export type CompareContents = (before: PxarEntry, after: PxarEntry) => ContentVerdict;

/** Files with one key that are looked at for a removed one. */
const MAX_CANDIDATES = 64;

/** A directory or entry among the changes, with all that lies below it. */
interface Subtree {
  readonly start: number;
  /** After the last entry below it. */
  readonly end: number;
}

/**
 * Finds out which of the removed entries came back under another name. Archives hold no inodes, so
 * it is told by what a rename leaves alone:
 *
 * - a directory, if all below it has the same relative paths, and is alike entry for entry;
 * - a file that is not empty, by size, modification time and mode;
 * - a symbolic link by target, modification time and mode.
 *
 * Contents must not be known to differ. One that kept its name and changed the directory goes before
 * all others; where the name is another, the content has to be known to be the same, or nothing else
 * on either side must fit.
 *
 * @param changes In the order of the archive.
 * @param isCut Whether the last directory may go on behind the last change.
 * @returns The changes with every pair made one, at its new place.
 */
export function joinRenames(
  changes: readonly EntryChange[],
  isCut: boolean,
  compareContents: CompareContents,
): EntryChange[] {
  const search = new RenameSearch(changes, isCut, compareContents);
  search.pairDirectories();
  search.pairEntries();
  return search.result();
}

class RenameSearch {
  /** The change that a removed or added one became. */
  readonly #joined = new Map<number, EntryChange | undefined>();

  constructor(
    private readonly changes: readonly EntryChange[],
    private readonly isCut: boolean,
    private readonly compareContents: CompareContents,
  ) {}

  result(): EntryChange[] {
    const result: EntryChange[] = [];
    for (const [i, change] of this.changes.entries()) {
      const joined = this.#joined.has(i) ? this.#joined.get(i) : change;
      if (joined !== undefined) result.push(joined);
    }
    return result;
  }

  pairDirectories(): void {
    const added = new Map<string, number[]>();
    for (const [i, { status, after }] of this.changes.entries()) {
      if (status !== "added" || after?.kind !== "directory") continue;
      const subtree = this.#subtreeAt(i);
      if (subtree !== undefined) append(added, directoryKey(after, subtree), i);
    }
    for (let i = 0; i < this.changes.length; i++) {
      const { status, before } = this.changes[i]!;
      if (status !== "removed" || before?.kind !== "directory") continue;
      const subtree = this.#subtreeAt(i);
      if (subtree === undefined) continue;
      const candidates = this.#free(added.get(directoryKey(before, subtree)) ?? []);
      const fitting = candidates.filter((j) => this.#areAlike(subtree, j));
      const chosen = fitting.find((j) => this.#haveOneName(i, j)) ?? fitting[0];
      if (chosen === undefined) continue;
      this.#join(i, chosen, subtree.end - subtree.start - 1);
      i = subtree.end - 1;
    }
  }

  pairEntries(): void {
    this.#pairByKey(({ name }, key) => `${key} ${encodeHex(name)}`, (fitting) => fitting[0]);
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
    for (const [i, { status, before, after }] of this.changes.entries()) {
      if (this.#joined.has(i) || status !== "added" && status !== "removed") continue;
      const entry = before ?? after!;
      const key = entryKey(entry);
      if (key !== undefined) append(status === "added" ? added : removed, keyOf(entry, key), i);
    }
    for (const [key, gone] of removed) {
      const come = added.get(key);
      if (come === undefined) continue;
      const isOnly = gone.length === 1 && come.length === 1;
      for (const i of gone) {
        const verdicts = this.#free(come).map((j) => [j, this.#verdict(i, j)] as const);
        const withVerdict = (wanted: ContentVerdict) =>
          verdicts.filter(([, verdict]) => verdict === wanted).map(([j]) => j);
        const proven = withVerdict("same");
        const fitting = proven.length > 0 ? proven : withVerdict("unknown");
        const chosen = choose(fitting, proven.length > 0, isOnly);
        if (chosen !== undefined) this.#join(i, chosen);
      }
    }
  }

  #verdict(removed: number, added: number): ContentVerdict {
    const [before, after] = [this.changes[removed]!.before!, this.changes[added]!.after!];
    return before.kind === "file" ? this.compareContents(before, after) : "unknown";
  }

  /** The first that are not joined yet; those that are leave the list. */
  #free(indexes: number[]): readonly number[] {
    const found: number[] = [];
    let seen = 0;
    for (const i of indexes) {
      seen++;
      if (!this.#joined.has(i) && found.push(i) === MAX_CANDIDATES) break;
    }
    if (seen - found.length > MAX_CANDIDATES) {
      let kept = 0;
      for (const i of indexes) if (!this.#joined.has(i)) indexes[kept++] = i;
      indexes.length = kept;
    }
    return found;
  }

  #haveOneName(removed: number, added: number): boolean {
    return bytesEqual(this.changes[removed]!.before!.name, this.changes[added]!.after!.name);
  }

  /** All below a directory follows it; undefined if there is nothing, or the end is not known. */
  #subtreeAt(start: number): Subtree | undefined {
    const { path, status } = this.changes[start]!;
    let end = start + 1;
    while (
      end < this.changes.length && isBelow(path, this.changes[end]!.path) &&
      this.changes[end]!.status === status
    ) end++;
    if (end === start + 1 || end === this.changes.length && this.isCut) return undefined;
    return { start, end };
  }

  /** Whether the directories of a removed subtree and of an added one hold the same. */
  #areAlike({ start, end }: Subtree, added: number): boolean {
    const oldTop = this.changes[start]!.path;
    const newTop = this.changes[added]!.path;
    for (let i = start + 1; i < end; i++) {
      const [old, now] = [this.changes[i]!, this.changes[added + i - start]!];
      if (this.#joined.has(added + i - start)) return false;
      const [oldPath, newPath] = [
        old.path.subarray(oldTop.length),
        now.path.subarray(newTop.length),
      ];
      if (
        !bytesEqual(oldPath, newPath) || !this.#isAlike(old.before!, now.after!, oldTop, newTop)
      ) return false;
    }
    return true;
  }

  #isAlike(
    old: PxarEntry,
    now: PxarEntry,
    oldTop: Uint8Array,
    newTop: Uint8Array,
  ): boolean {
    if (old.kind !== now.kind) return false;
    if (old.kind === "hardlink") return isSameTarget(old.target!, now.target!, oldTop, newTop);
    const content = old.kind === "file" ? this.compareContents(old, now) : undefined;
    return content !== "different" && changedParts(old, now, content).length === 0;
  }

  /** Makes one change of two, and of all below the two if they are directories. */
  #join(removed: number, added: number, entriesBelow?: number): void {
    const [old, now] = [this.changes[removed]!, this.changes[added]!];
    const [before, after] = [old.before!, now.after!];
    const content = before.kind === "file" ? this.compareContents(before, after) : undefined;
    for (let i = 0; i <= (entriesBelow ?? 0); i++) {
      this.#joined.set(removed + i, undefined);
      this.#joined.set(added + i, undefined);
    }
    this.#joined.set(added, {
      status: "renamed",
      path: now.path,
      oldPath: old.path,
      before,
      after,
      parts: changedParts(before, after, content),
      ...(content === undefined ? {} : { content }),
      ...(entriesBelow === undefined ? {} : { entriesBelow }),
    });
  }
}

function append(map: Map<string, number[]>, key: string, value: number): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

function isBelow(directory: Uint8Array, path: Uint8Array): boolean {
  return path.length > directory.length && path[directory.length] === 0x2f &&
    compareBytes(path.subarray(0, directory.length), directory) === 0;
}

/** Whether two hard links lead to the same file, which may have moved along with them. */
function isSameTarget(
  old: Uint8Array,
  now: Uint8Array,
  oldTop: Uint8Array,
  newTop: Uint8Array,
): boolean {
  if (isBelow(oldTop, old) && isBelow(newTop, now)) {
    return bytesEqual(old.subarray(oldTop.length), now.subarray(newTop.length));
  }
  return bytesEqual(old, now);
}

/** Renaming a directory changes neither its times nor what is in it. */
function directoryKey({ metadata }: PxarEntry, { start, end }: Subtree): string {
  const { mtimeSecs, mtimeNanos, mode } = metadata!;
  return `${end - start} ${mtimeSecs} ${mtimeNanos} ${mode}`;
}

/** What a rename leaves alone; undefined for what says too little about itself. */
function entryKey({ kind, size, target, metadata }: PxarEntry): string | undefined {
  if (metadata === undefined) return undefined;
  const { mtimeSecs, mtimeNanos, mode } = metadata;
  const times = `${mtimeSecs} ${mtimeNanos} ${mode}`;
  if (kind === "file" && size > 0) return `${times} ${size}`;
  if (kind === "symlink") return `${times} ${encodeHex(target!)}`;
  return undefined;
}
