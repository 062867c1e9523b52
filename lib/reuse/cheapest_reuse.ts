import type { ChunkIndex } from "../index/mod.ts";
import type { PayloadRange, ReusePlanner, ReuseSink } from "./reuse_planner.ts";

/** Costs of the two things that reuse is weighed against, in bytes that are read and sent. */
export interface ReuseCosts {
  /** Each byte of a taken-over chunk that no file of the new archive refers to. */
  readonly paddingByte: number;
  /** Each taken-over chunk: its place in the index, and a request when it is restored. */
  readonly chunk: number;
}

/**
 * Costs under which a chunk is written anew once less than a third of it is in use. Over 100 runs
 * that change 1 % of small files each, payload streams grow to about 1.5 times their contents.
 */
export const DEFAULT_REUSE_COSTS: ReuseCosts = { paddingByte: 0.5, chunk: 24 * 1024 };

interface Candidate<T> {
  readonly entry: T;
  readonly range: PayloadRange;
  /** Chunks of the previous index that hold it. */
  readonly first: number;
  readonly last: number;
  /** Entries without content that come directly in front of it. */
  readonly before: readonly T[];
  /** Whether the cheapest way to reuse this one comes from a state in which the one before is. */
  reuseAfterReuse: boolean;
  /** The same for reading this one. */
  readAfterReuse: boolean;
}

/**
 * Takes over what makes the sum of bytes to send, padding and chunks smallest.
 *
 * For each unchanged file there are two states, reused or read again, and the cheapest way to reach
 * each of them from the two of the file before. Once both ways agree on what came before, that is
 * settled and comes out; this is so after a few files, because a file that is reused without trouble
 * is the best predecessor of either state. Between two files that are reused nothing may be written,
 * or the chunk they share has to be put in again (spec: client-pipeline.md §3.2, §3.17).
 */
export class CheapestReuse<T> implements ReusePlanner<T> {
  /** The files of a few chunks, unless they are tiny; each costs memory. */
  readonly maxWaiting = 1_024;
  readonly #index: ChunkIndex;
  readonly #sink: ReuseSink<T>;
  readonly #costs: ReuseCosts;
  /** Files that are not settled, in order. */
  readonly #candidates: Candidate<T>[] = [];
  /** Entries after the last of them. */
  #behind: T[] = [];
  #waiting = 0;
  /** Costs of the two states of the last file, relative to the cheaper one. */
  #reuseCost = Infinity;
  #readCost = 0;
  /** The last file that was given, if no content was written since: what the next may go on from. */
  #lastRange: PayloadRange | undefined;
  #lastChunk = -1;

  // What has come out: the chunk that is in use, put into the stream when nothing more refers to it.
  #held = -1;
  #heldEnd = 0;

  /**
   * @param index The previous payload index; only chunks registered with the target may be in it.
   * @param sink Receives the decisions.
   */
  constructor(index: ChunkIndex, sink: ReuseSink<T>, costs: ReuseCosts = DEFAULT_REUSE_COSTS) {
    this.#index = index;
    this.#sink = sink;
    this.#costs = costs;
  }

  get waiting(): number {
    return this.#waiting;
  }

  unchanged(entry: T, range: PayloadRange): void {
    const first = this.#index.findChunk(range.start);
    const last = this.#index.findChunk(range.end - 1);
    if (first === undefined || last === undefined) {
      this.interrupt();
      this.#sink.encode(entry);
      return;
    }
    const size = range.end - range.start;
    const fresh = this.#costOf(first, last) - size * this.#costs.paddingByte;
    const goesOn = this.#lastRange !== undefined && range.start >= this.#lastRange.end;
    const shared = goesOn && first === this.#lastChunk ? this.#costOf(first, first) : 0;
    const reuseAfterReuse = this.#reuseCost + fresh - shared;
    const reuseAfterRead = this.#readCost + fresh;
    const candidate: Candidate<T> = {
      entry,
      range,
      first,
      last,
      before: this.#behind,
      reuseAfterReuse: reuseAfterReuse <= reuseAfterRead,
      readAfterReuse: this.#reuseCost <= this.#readCost,
    };
    const reuse = Math.min(reuseAfterReuse, reuseAfterRead);
    const read = Math.min(this.#reuseCost, this.#readCost) + size;
    const least = Math.min(reuse, read);
    this.#reuseCost = reuse - least;
    this.#readCost = read - least;
    this.#behind = [];
    this.#waiting++;
    if (candidate.reuseAfterReuse === candidate.readAfterReuse && this.#candidates.length > 0) {
      this.#settle(candidate.reuseAfterReuse);
    }
    this.#candidates.push(candidate);
    this.#lastRange = range;
    this.#lastChunk = last;
  }

  other(entry: T): void {
    if (this.#candidates.length === 0) {
      this.#sink.pass(entry);
      return;
    }
    this.#behind.push(entry);
    this.#waiting++;
  }

  interrupt(): void {
    this.#decide(0);
    this.#release();
    this.#reuseCost = Infinity;
    this.#readCost = 0;
    this.#lastRange = undefined;
  }

  relieve(): void {
    if (this.#lastRange === undefined) return this.#decide(0);
    // Files that follow may use the rest of the last chunk, and bear that share of its costs.
    const [chunk, end] = [this.#lastChunk, this.#index.endOf(this.#lastChunk)];
    const open = (end - this.#lastRange.end) / (end - this.#index.startOf(chunk));
    this.#decide(open * this.#costOf(chunk, chunk));
  }

  /** Lets out everything. @param rebate What reusing the last file may cost less than it seems. */
  #decide(rebate: number): void {
    const reused = this.#reuseCost - rebate <= this.#readCost;
    this.#settle(reused);
    for (const entry of this.#behind) this.#sink.pass(entry);
    this.#waiting -= this.#behind.length;
    this.#behind = [];
    // What was not chosen is no way to go on from any more.
    if (reused) this.#readCost = Infinity;
    else this.#reuseCost = Infinity;
  }

  /** Lets out all files that wait. @param reused Whether the last of them is reused. */
  #settle(reused: boolean): void {
    const candidates = this.#candidates.splice(0);
    const choices: boolean[] = [];
    for (const candidate of candidates.toReversed()) {
      choices.push(reused);
      reused = reused ? candidate.reuseAfterReuse : candidate.readAfterReuse;
    }
    for (const candidate of candidates) {
      for (const entry of candidate.before) this.#sink.pass(entry);
      this.#waiting -= candidate.before.length + 1;
      if (choices.pop()) this.#refer(candidate);
      else {
        this.#release();
        this.#sink.encode(candidate.entry);
      }
    }
  }

  #refer({ entry, range, first, last }: Candidate<T>): void {
    if (this.#held !== first || range.start < this.#heldEnd) {
      this.#release();
    }
    this.#sink.refer(entry, range.start - this.#index.startOf(first));
    if (last > first) this.#sink.inject(first, last);
    this.#held = last;
    this.#heldEnd = range.end;
  }

  /** Puts the chunk in use into the stream: nothing refers to it any more. */
  #release(): void {
    if (this.#held >= 0) this.#sink.inject(this.#held, this.#held + 1);
    this.#held = -1;
  }

  /** Costs of putting chunks in if nothing of them is in use. */
  #costOf(first: number, last: number): number {
    const bytes = this.#index.endOf(last) - this.#index.startOf(first);
    return bytes * this.#costs.paddingByte + (last - first + 1) * this.#costs.chunk;
  }
}
