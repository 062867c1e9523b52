import type { PxarEntry } from "../pxar/mod.ts";
import { changedParts } from "./_changed_parts.ts";
import type { ContentVerdict } from "./_content_evidence.ts";
import type { EntryChange } from "./entry_change.ts";
import { isBelow } from "./_is_below.ts";

/** Compares the contents of two files of different names. */
export type CompareContents = (before: PxarEntry, after: PxarEntry) => ContentVerdict;

/** An entry among the changes, with all that lies below it. */
export interface Subtree {
  readonly start: number;
  /** After the last entry below it. */
  readonly end: number;
}

/** Changes of which some are made one: a removed entry and an added one that are the same. */
export class JoinedChanges {
  /** The change that a removed or added one became. */
  readonly #joined = new Map<number, EntryChange | undefined>();

  /**
   * @param changes In the order of the archive.
   * @param isCut Whether the last directory may go on after the last change.
   */
  constructor(
    readonly changes: readonly EntryChange[],
    private readonly isCut: boolean,
    private readonly compareContents: CompareContents,
  ) {}

  /** Whether a change was made one with another. */
  has(index: number): boolean {
    return this.#joined.has(index);
  }

  /** The renames that were found so far. */
  get renames(): EntryChange[] {
    return [...this.#joined.values()].filter((change) =>
      change?.status === "renamed"
    ) as EntryChange[];
  }

  /** The rename that an added entry became part of. */
  renameAt(added: number): EntryChange | undefined {
    const joined = this.#joined.get(added);
    return joined?.status === "renamed" ? joined : undefined;
  }

  /** All changes, every pair at its new place. */
  result(): EntryChange[] {
    const result: EntryChange[] = [];
    for (const [i, change] of this.changes.entries()) {
      const joined = this.#joined.has(i) ? this.#joined.get(i) : change;
      if (joined !== undefined) result.push(joined);
    }
    return result;
  }

  /** Verdict on the contents of a removed and an added entry. */
  verdict(removed: number, added: number): ContentVerdict {
    const [before, after] = [this.changes[removed]!.before!, this.changes[added]!.after!];
    return before.kind === "file" ? this.compareContents(before, after) : "unknown";
  }

  /** All below a directory follows it; undefined if there is nothing, or the end is not known. */
  subtreeAt(start: number): Subtree | undefined {
    const { path, status } = this.changes[start]!;
    let end = start + 1;
    while (
      end < this.changes.length && isBelow(path, this.changes[end]!.path) &&
      this.changes[end]!.status === status
    ) end++;
    if (end === start + 1 || end === this.changes.length && this.isCut) return undefined;
    return { start, end };
  }

  /** Differences between a removed and an added entry of one kind. */
  partsOf(removed: number, added: number): Pick<EntryChange, "parts" | "content"> {
    const [before, after] = [this.changes[removed]!.before!, this.changes[added]!.after!];
    const content = before.kind === "file" ? this.compareContents(before, after) : undefined;
    return {
      parts: changedParts(before, after, content),
      ...(content === undefined ? {} : { content }),
    };
  }

  /** Makes a rename of a removed and an added entry. */
  rename(removed: number, added: number, entriesBelow?: number): void {
    const [old, now] = [this.changes[removed]!, this.changes[added]!];
    this.#joined.set(removed, undefined);
    this.#joined.set(added, {
      status: "renamed",
      path: now.path,
      oldPath: old.path,
      before: old.before!,
      after: now.after!,
      ...this.partsOf(removed, added),
      ...(entriesBelow === undefined ? {} : { entriesBelow }),
    });
  }

  /** Lets two entries come along with their directory, whatever has changed of them. */
  moveAlong(removed: number, added: number, parts?: Pick<EntryChange, "parts" | "content">): void {
    const [old, now] = [this.changes[removed]!, this.changes[added]!];
    const isChanged = parts !== undefined && parts.parts.length > 0;
    this.#joined.set(removed, undefined);
    this.#joined.set(
      added,
      isChanged
        ? { status: "changed", path: now.path, before: old.before!, after: now.after!, ...parts }
        : undefined,
    );
  }
}
