import { Buffer } from "node:buffer";
import type { NameHit, NameHits } from "./_name_hits.ts";

/** A state in which a name is in some snapshots. */
export interface FoundVersion {
  /** Letter as in a catalog: `f` for files, `d` for directories. */
  readonly type: string;
  /** Bytes; 0 for everything but files. */
  readonly size: number;
  /** Whole seconds since the epoch; 0 for everything but files. */
  readonly mtimeSecs: number;
  /** Times of the snapshots, ascending. */
  readonly snapshots: readonly number[];
}

/** A name that was found, in all its versions. */
export interface FoundPath {
  /** From the root of the archive, without leading slash. */
  readonly path: Uint8Array;
  /** By the first snapshot that has them. */
  readonly versions: readonly FoundVersion[];
}

/** A directory as some snapshots have it. */
export interface SharedListing {
  readonly hits: NameHits;
  readonly listing: number;
  /** Times, ascending. */
  readonly snapshots: readonly number[];
}

interface Found {
  readonly versions: Map<string, { readonly hit: NameHit; readonly snapshots: number[] }>;
  readonly children: Map<NameHits, Map<number, number[]>>;
}

/** Names in the directories of many snapshots, sorted by bytes; each shared directory is gone into once. */
export function* foundPaths(
  roots: readonly SharedListing[],
  isWanted: (path: Uint8Array, type: string) => boolean,
): Generator<FoundPath> {
  const stack = [{ prefix: "", names: sortedNames(merge(roots)) }];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const next = level.names.pop();
    if (next === undefined) {
      stack.pop();
      continue;
    }
    const [name, { versions, children }] = next;
    const path = level.prefix + name;
    const bytes = new Uint8Array(Buffer.from(path, "latin1"));
    const wanted = [...versions.values()].filter(({ hit }) => isWanted(bytes, hit.type));
    if (wanted.length > 0) yield { path: bytes, versions: wanted.map(toVersion).sort(byFirst) };
    const below: SharedListing[] = [];
    for (const [hits, listings] of children) {
      for (const [listing, snapshots] of listings) below.push({ hits, listing, snapshots });
    }
    if (below.length > 0) stack.push({ prefix: `${path}/`, names: sortedNames(merge(below)) });
  }
}

/** The last name first: they are taken off the end. */
function sortedNames(found: Map<string, Found>): [string, Found][] {
  return [...found].sort(([a], [b]) => a < b ? 1 : a > b ? -1 : 0);
}

function merge(listings: readonly SharedListing[]): Map<string, Found> {
  const names = new Map<string, Found>();
  const foundOf = (name: string) => {
    const found = names.get(name) ?? { versions: new Map(), children: new Map() };
    names.set(name, found);
    return found;
  };
  for (const { hits, listing, snapshots } of listings) {
    for (const segment of hits.listing(listing) ?? []) {
      for (const hit of segment.hits) {
        const { versions } = foundOf(hit.name);
        const key = `${hit.type} ${hit.size} ${hit.mtimeSecs}`;
        const version = versions.get(key);
        if (version === undefined) versions.set(key, { hit, snapshots: [...snapshots] });
        else version.snapshots.push(...snapshots);
      }
      for (const child of segment.children) {
        const { children } = foundOf(child.name);
        const ofHits = children.get(hits) ?? new Map<number, number[]>();
        children.set(hits, ofHits);
        const known = ofHits.get(child.listing);
        if (known === undefined) ofHits.set(child.listing, [...snapshots]);
        else known.push(...snapshots);
      }
    }
  }
  return names;
}

function toVersion(
  { hit, snapshots }: { readonly hit: NameHit; readonly snapshots: readonly number[] },
): FoundVersion {
  const { type, size, mtimeSecs } = hit;
  // A damaged catalog may have a name twice.
  return { type, size, mtimeSecs, snapshots: [...new Set(snapshots)].sort((a, b) => a - b) };
}

function byFirst(a: FoundVersion, b: FoundVersion): number {
  return a.snapshots[0]! - b.snapshots[0]!;
}
