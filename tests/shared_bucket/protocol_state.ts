/**
 * State of the model of docs/internals/shared-bucket.md: two chunks, snapshots, and those who take part.
 *
 * Chunk A (1) belongs to a snapshot that is there, B (2) is what an aborted backup has left.
 * Every writer makes a snapshot of both.
 */

import type { ModelSize } from "./protocol_steps.ts";

export const [A, B] = [1, 2];
/** Place of a process that has ended. */
export const ENDED = 98;
/** Place of a process that has crashed. */
export const CRASHED = 99;

/** Writer of the model. */
export interface Writer {
  pc: number;
  /** Chunks that are still to be stored. */
  needs: number;
  /** Collection whose candidates it has read. */
  seen: number;
  candidates: number;
  /** Objects of its session: begun, decision (1 commit, 2 fenced). */
  begun: number;
  end: number;
}

/** Collector of the model. */
export interface Collector {
  pc: number;
  collection: number;
  /** Snapshots that were marked, and what is not to be deleted. */
  marked: number;
  kept: number;
  sessions: number;
  rescued: number;
  leaseOver: number;
}

/** Collection of the model. */
export interface Collection {
  begun: number;
  published: number;
  candidates: number;
  marked: number;
  deleting: number;
  done: number;
  rescued: number;
  /** The process that may have a lease on it, plus one. */
  holder: number;
}

/** State of the model. */
export interface State {
  chunks: number;
  /** Bit 1: indexes; bit 2: manifest. Number 0 is there from the beginning. */
  snapshots: number[];
  writers: Writer[];
  collectors: Collector[];
  collections: Collection[];
  prune: { pc: number; victim: number; left: number };
  faults: number;
}

/** State from which everything begins. */
export function initialState(size: ModelSize): State {
  return {
    chunks: A | B,
    snapshots: [3, ...Array.from({ length: size.writers }, () => 0)],
    writers: Array.from({ length: size.writers }, () => ({
      ...{ pc: 0, needs: A | B, seen: 0, candidates: 0, begun: 0, end: 0 },
    })),
    collectors: Array.from({ length: size.collectors }, () => ({
      ...{ pc: 0, collection: 0, marked: 0, kept: 0, sessions: 0, rescued: 0, leaseOver: 0 },
    })),
    collections: [],
    prune: { pc: 0, victim: 0, left: size.prunes },
    faults: size.faults,
  };
}

/**
 * Takes what a process goes on to by itself as one step with what went before, and forgets what no later
 * step looks at.
 *
 * @param stored Place of a writer in its program that has stored all chunks.
 */
export function settle(s: State, stored: number): void {
  for (const writer of s.writers) {
    if (writer.pc === 5 && writer.needs === 0) writer.pc = stored;
    const isStoring = writer.pc < 9 || writer.pc === 20 || writer.pc === 40 || writer.pc === 60 ||
      writer.pc === 70;
    if (!isStoring) writer.needs = writer.seen = writer.candidates = 0;
    if (writer.pc >= ENDED && writer.begun === 0 && writer.end === 1) writer.end = 0;
  }
  for (const collector of s.collectors) {
    if (collector.pc === 7) {
      for (const [i, writer] of s.writers.entries()) {
        if (!isLive(writer)) collector.sessions &= ~(1 << i);
      }
      if (collector.sessions === 0) collector.pc = 11;
    }
    const garbage = s.collections[collector.collection - 1]?.candidates ?? 0;
    if (collector.pc === 15 && (garbage & ~collector.kept) === 0) collector.pc = 16;
    if (collector.pc < ENDED) continue;
    Object.assign(collector, {
      ...{ pc: ENDED, collection: 0, marked: 0, kept: 0, sessions: 0, rescued: 0, leaseOver: 0 },
    });
  }
  for (const [i, collection] of s.collections.entries()) {
    const isUsed = s.collectors.some(({ collection }) => collection === i + 1) ||
      s.writers.some(({ seen }) => seen === i + 1);
    if (collection.done && !isUsed) {
      Object.assign(collection, {
        ...{ published: 0, candidates: 0, marked: 0, deleting: 0, rescued: 0, holder: 0 },
      });
    }
  }
}

export function rescue(s: State, i: number, chunks: number): void {
  s.collections[s.writers[i]!.seen - 1]!.rescued |= chunks;
}

export function contentsOf(snapshot: number): number {
  return snapshot === 0 ? A : A | B;
}

export function sessionsOf(s: State): number {
  let found = 0;
  for (const [i, writer] of s.writers.entries()) if (isLive(writer)) found |= 1 << i;
  return found;
}

/** Whether others have to wait for a session: one that was fenced has ended, whatever is still there. */
export function isLive({ begun, end }: Writer): boolean {
  return begun !== 0 && end !== 2;
}

export function lowest(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

/** Whether a snapshot is there that lacks a chunk. */
export function isFaulty({ snapshots, chunks }: State): boolean {
  for (const [number, parts] of snapshots.entries()) {
    if ((parts & 2) === 0) continue;
    // Of snapshots that prune is removing the manifest goes first.
    if ((parts & 1) === 0 || (contentsOf(number) & ~chunks) !== 0) return true;
  }
  return false;
}

export function structuredCopy(s: State): State {
  return {
    chunks: s.chunks,
    snapshots: s.snapshots.slice(),
    writers: s.writers.map((each) => ({ ...each })),
    collectors: s.collectors.map((each) => ({ ...each })),
    collections: s.collections.map((each) => ({ ...each })),
    prune: { ...s.prune },
    faults: s.faults,
  };
}

export function keyOf(s: State): string {
  let key = String.fromCharCode(s.chunks + s.faults * 4, s.prune.pc, s.prune.victim, s.prune.left);
  for (const parts of s.snapshots) key += String.fromCharCode(parts);
  for (const w of s.writers) {
    key += String.fromCharCode(
      w.pc,
      w.needs | w.candidates << 2 | w.seen << 4,
      w.begun | w.end << 1,
    );
  }
  for (const c of s.collectors) {
    key += String.fromCharCode(
      c.pc,
      c.collection | c.sessions << 2 | c.leaseOver << 4,
      c.marked | c.kept << 3 | c.rescued << 5,
    );
  }
  for (const c of s.collections) {
    key += String.fromCharCode(
      c.begun | c.published << 1 | c.done << 2 | c.candidates << 3 | c.rescued << 5,
      c.marked | c.deleting << 3 | c.holder << 5,
    );
  }
  return key;
}
