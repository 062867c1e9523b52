import type { EntryChange } from "./entry_change.ts";

const SLASH = 0x2f;

/** Counters of the changes in a directory, and in all below it. */
export interface DirectoryTotals {
  /** From the root of the archive, without a leading slash. */
  readonly path: Uint8Array;
  added: number;
  removed: number;
  renamed: number;
  changed: number;
  /** Sizes of added files, and what others have grown by. */
  bytesAdded: number;
  /** Sizes of removed files, and what others have shrunk by. */
  bytesRemoved: number;
}

/** Counters for the directories of an archive down to a depth; those below count for them. */
export class DirectorySummary {
  readonly #depth: number;
  /** By path, a character per byte. */
  readonly #directories = new Map<string, DirectoryTotals>();

  /** @param depth Levels below the root; 0 for the archive as a whole. */
  constructor(depth: number) {
    this.#depth = depth;
  }

  /** Counts a change for the directories it lies in; that of a directory also for itself. */
  add(change: EntryChange): void {
    const { path, before, after } = change;
    const isDirectory = (after ?? before)!.kind === "directory";
    this.#count(path.subarray(0, 0), change);
    for (let level = 1, at = 0; level <= this.#depth && at < path.length; level++) {
      const slash = path.indexOf(SLASH, at);
      if (slash < 0 && !isDirectory) return;
      const end = slash < 0 ? path.length : slash;
      this.#count(path.subarray(0, end), change);
      at = end + 1;
    }
  }

  /** All directories with changes, in the order of their paths. */
  get directories(): DirectoryTotals[] {
    const entries = [...this.#directories.entries()];
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, totals]) => totals);
  }

  #count(path: Uint8Array, { status, before, after }: EntryChange): void {
    // A slash sorts before everything else, so that what is in a directory follows it.
    const key = Array.from(path, (byte) => String.fromCharCode(byte === SLASH ? 0 : byte)).join("");
    let totals = this.#directories.get(key);
    if (totals === undefined) {
      totals = {
        path: path.slice(),
        added: 0,
        removed: 0,
        renamed: 0,
        changed: 0,
        bytesAdded: 0,
        bytesRemoved: 0,
      };
      this.#directories.set(key, totals);
    }
    totals[status]++;
    const growth = (after?.size ?? 0) - (before?.size ?? 0);
    if (growth > 0) totals.bytesAdded += growth;
    else totals.bytesRemoved -= growth;
  }
}
