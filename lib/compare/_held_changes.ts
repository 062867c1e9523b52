import type { PxarEntry } from "../pxar/mod.ts";
import type { EntryChange } from "./entry_change.ts";
import type { CompareContents } from "./_joined_changes.ts";
import { joinRenames } from "./_rename_search.ts";

/** Changes that are held back to look for renames among them. */
export const MAX_HELD_CHANGES = 32_768;
/** Bytes that their paths, targets and attributes may have together. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/**
 * Changes with renames made out. They are held back until all are known, or so many that they would
 * take too much memory: renames are only found among those that are held at the same time.
 *
 * @param onCut Told once if not all could be held together.
 */
export async function* findRenames(
  changes: AsyncIterable<EntryChange>,
  compareContents: CompareContents,
  onCut: () => void,
  maxHeld: number = MAX_HELD_CHANGES,
): AsyncGenerator<EntryChange> {
  let held: EntryChange[] = [];
  let bytes = 0;
  let wasCut = false;
  for await (const change of changes) {
    if (held.length >= maxHeld || bytes > MAX_HELD_BYTES) {
      if (!wasCut) onCut();
      wasCut = true;
      yield* joinRenames(held, true, compareContents);
      held = [];
      bytes = 0;
    }
    held.push(change);
    bytes += change.path.byteLength + bytesOf(change.before) + bytesOf(change.after);
  }
  yield* joinRenames(held, false, compareContents);
}

function bytesOf(entry: PxarEntry | undefined): number {
  if (entry === undefined) return 0;
  let bytes = entry.name.byteLength + (entry.target?.byteLength ?? 0);
  for (const { name, value } of entry.metadata?.xattrs ?? []) {
    bytes += name.byteLength + value.byteLength;
  }
  return bytes;
}
