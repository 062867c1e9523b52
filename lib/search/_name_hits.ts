import { Buffer } from "node:buffer";
import { UsageError } from "../errors/mod.ts";
import type { NameBlock } from "./_name_block.ts";
import type { NamePattern } from "./name_pattern.ts";

/** Different entries that are kept for a search. */
const MAX_HITS = 500_000;

/** An entry that may match. */
export interface NameHit {
  /** Its bytes, each a character. */
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mtimeSecs: number;
}

/** A directory with hits in it, or below. */
export interface LiveChild {
  readonly name: string;
  readonly listing: number;
}

interface LiveSegment {
  readonly hits: NameHit[];
  readonly children: LiveChild[];
}

/** Hits and directories that lead to hits, of one directory. */
export type LiveListing = readonly LiveSegment[];

/** Conditions of a search. */
export interface NameQuery {
  readonly pattern: NamePattern;
  /** Only files that were changed at or after this time, seconds. */
  readonly newerThan?: number | undefined;
  /** Only entries of these letters. */
  readonly types?: ReadonlySet<string> | undefined;
}

/**
 * Hits among the names of blocks, each name looked at once, in whatever number of snapshots it is. What
 * leads to no hit is not kept.
 */
export class NameHits {
  readonly #query: NameQuery;
  /** By number; only those with hits in them or below. */
  readonly #segments = new Map<number, LiveSegment>();
  readonly #listings = new Map<number, readonly number[]>();
  #segmentCount = 0;
  #listingCount = 0;
  #hits = 0;

  constructor(query: NameQuery) {
    this.#query = query;
  }

  /** Number of listings that were met. */
  get listingCount(): number {
    return this.#listingCount;
  }

  /** The hits of a directory, and where there are more; undefined if there are none. */
  listing(number: number): LiveListing | undefined {
    return this.#listings.get(number)?.map((segment) => this.#segments.get(segment)!);
  }

  /**
   * Looks through a block.
   *
   * @throws {UsageError} if too much matches.
   */
  search(block: NameBlock): void {
    let [reference, segment, entry, nameAt] = [0, 0, 0, 0];
    for (const count of block.listings) {
      const live: number[] = [];
      for (const end = reference + count; reference < end; reference++) {
        const number = block.references[reference]!;
        if (number === this.#segmentCount) {
          const entriesEnd = entry + block.segments[segment++]!;
          nameAt = this.#searchSegment(block, entry, entriesEnd, nameAt);
          entry = entriesEnd;
        }
        if (this.#segments.has(number)) live.push(number);
      }
      if (live.length > 0) this.#listings.set(this.#listingCount, live);
      this.#listingCount++;
    }
  }

  /** Looks through the entries of a new segment. @returns Where the names of the next one begin. */
  #searchSegment(block: NameBlock, start: number, end: number, firstName: number): number {
    const { pattern, newerThan, types } = this.#query;
    let found: LiveSegment | undefined;
    let nameAt = firstName;
    for (let i = start; i < end; i++) {
      const name = block.names.subarray(nameAt, nameAt += block.nameLengths[i]!);
      const child = block.children[i]!;
      if (child > 0 && this.#listings.has(child - 1)) {
        found ??= { hits: [], children: [] };
        found.children.push({ name: latin1(name), listing: child - 1 });
      }
      const type = String.fromCharCode(block.types[i]!);
      if (!pattern.mayMatchName(name, type)) continue;
      const mtimeSecs = block.times[i]!;
      if (newerThan !== undefined && (type !== "f" || mtimeSecs < newerThan)) continue;
      if (types !== undefined && !types.has(type)) continue;
      if (++this.#hits > MAX_HITS) {
        throw new UsageError(`more than ${MAX_HITS} entries match, a narrower pattern is needed`);
      }
      found ??= { hits: [], children: [] };
      found.hits.push({ name: latin1(name), type, size: block.sizes[i]!, mtimeSecs });
    }
    if (found !== undefined) this.#segments.set(this.#segmentCount, found);
    this.#segmentCount++;
    return nameAt;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
