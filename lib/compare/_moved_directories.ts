import { bytesEqual } from "../bytes/mod.ts";
import type { JoinedChanges, Subtree } from "./_joined_changes.ts";
import { isSameTarget } from "./_same_target.ts";

/** A directory that is gone and one that is new, with the files that speak for a rename. */
interface Candidate {
  readonly removed: number;
  readonly added: number;
  votes: number;
}

/**
 * Makes renames of directories in which something was changed as well: at least half of the files
 * below have the same path from the new one. What changed on the way is shown at its new place.
 *
 * @param joins Entries that kept their names have been joined.
 */
export function joinMovedDirectories(joins: JoinedChanges): void {
  const directories = { removed: new Map<string, number>(), added: new Map<string, number>() };
  for (const [i, { status, path, before, after }] of joins.changes.entries()) {
    if (status !== "removed" && status !== "added") continue;
    if ((before ?? after)!.kind === "directory") directories[status].set(keyOf(path), i);
  }
  const candidates = new Map<string, Candidate>();
  for (const { oldPath, path, entriesBelow } of joins.renames) {
    const pair = topOf(keyOf(oldPath!), keyOf(path), directories);
    if (pair === undefined) continue;
    const key = pair.join(" ");
    const votes = entriesBelow ?? 1;
    const candidate = candidates.get(key);
    if (candidate === undefined) {
      candidates.set(key, { removed: pair[0], added: pair[1], votes });
    } else candidate.votes += votes;
  }
  for (const candidate of [...candidates.values()].sort((a, b) => b.votes - a.votes)) {
    if (joins.has(candidate.removed) || joins.has(candidate.added)) continue;
    const [old, now] = [joins.subtreeAt(candidate.removed), joins.subtreeAt(candidate.added)];
    if (old === undefined || now === undefined) continue;
    if (2 * candidate.votes >= filesOf(joins, old)) move(joins, old, now);
  }
}

/** The uppermost directories from which the rest of two paths is the same. */
function topOf(
  oldPath: string,
  newPath: string,
  directories: {
    readonly removed: ReadonlyMap<string, number>;
    readonly added: ReadonlyMap<string, number>;
  },
): [number, number] | undefined {
  let found: [number, number] | undefined;
  let [old, now] = [oldPath, newPath];
  while (nameOf(old) === nameOf(now)) {
    [old, now] = [parentOf(old), parentOf(now)];
    const [removed, added] = [directories.removed.get(old), directories.added.get(now)];
    if (removed === undefined || added === undefined) break;
    found = [removed, added];
  }
  return found;
}

function filesOf({ changes }: JoinedChanges, { start, end }: Subtree): number {
  let files = 0;
  for (let i = start + 1; i < end; i++) if (changes[i]!.before!.kind !== "directory") files++;
  return files;
}

function move(joins: JoinedChanges, from: Subtree, to: Subtree): void {
  const { changes } = joins;
  const [oldTop, newTop] = [changes[from.start]!.path, changes[to.start]!.path];
  const places = new Map<string, number>();
  for (let i = to.start + 1; i < to.end; i++) {
    places.set(keyOf(changes[i]!.path.subarray(newTop.length)), i);
  }
  let moved = 0;
  for (let i = from.start + 1; i < from.end; i++) {
    const { path, before } = changes[i]!;
    const place = places.get(keyOf(path.subarray(oldTop.length)));
    if (place === undefined) continue;
    const rename = joins.renameAt(place);
    const isPair = rename !== undefined && bytesEqual(rename.oldPath!, path);
    if (!isPair && (joins.has(i) || joins.has(place))) continue;
    const now = changes[place]!.after!;
    if (now.kind !== before!.kind) continue;
    // What lies below a directory in which nothing changed was joined with it.
    moved += 1 + (rename?.entriesBelow ?? 0);
    if (before!.kind !== "hardlink") joins.moveAlong(i, place, joins.partsOf(i, place));
    else {
      const isSame = isSameTarget(before!.target!, now.target!, oldTop, newTop);
      joins.moveAlong(i, place, { parts: isSame ? [] : ["link"] });
    }
  }
  joins.rename(from.start, to.start, moved);
}

/** A path as a key of maps, a character per byte. */
function keyOf(path: Uint8Array): string {
  let key = "";
  for (const byte of path) key += String.fromCharCode(byte);
  return key;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
