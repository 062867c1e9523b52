import type { ChunkIndex } from "../index/mod.ts";
import type { PayloadRange, ReusePlanner, ReuseSink } from "./reuse_planner.ts";

/** Largest share of padding at which the official client takes a run of files over. */
const PADDING_LIMIT = 0.1;

/** Decision about a run of files. */
export interface RunDecision {
  readonly range: PayloadRange;
  /** Bytes of the chunks involved that no file of the run refers to. */
  readonly padding: number;
  /** Bytes of the run and of the padding around it. */
  readonly total: number;
  readonly reused: boolean;
}

/** A chunk of the previous index, and how much of it nothing refers to. */
interface ListedChunk {
  readonly number: number;
  padding: number;
}

interface CachedEntry<T> {
  readonly entry: T;
  /** Offset from the start of the run; undefined for entries without content. */
  readonly offset: number | undefined;
}

/**
 * Takes over what the official client would (spec: client-pipeline.md §3.6-§3.9): runs of files that
 * lie one after the other, if at most a tenth of the chunks around them is padding.
 *
 * It is what {@linkcode CheapestReuse} is measured against, and reproduces recorded archives.
 */
export class ReferenceReuse<T> implements ReusePlanner<T> {
  /** The official client takes as many as it may open files. */
  readonly maxWaiting = 16_384;
  readonly #index: ChunkIndex;
  readonly #sink: ReuseSink<T>;
  readonly #onDecision: (decision: RunDecision) => void;
  #cached: CachedEntry<T>[] = [];
  /** Undefined until the first file; later perhaps empty, where the last run ended. */
  #range: PayloadRange | undefined;
  #held: ListedChunk | undefined;

  constructor(
    index: ChunkIndex,
    sink: ReuseSink<T>,
    onDecision: (decision: RunDecision) => void = () => {},
  ) {
    this.#index = index;
    this.#sink = sink;
    this.#onDecision = onDecision;
  }

  get waiting(): number {
    return this.#cached.length;
  }

  unchanged(entry: T, range: PayloadRange): void {
    this.#range ??= { start: range.start, end: range.start };
    if (this.#range.end === range.start) {
      this.#range = { start: this.#range.start, end: range.end };
    } else {
      this.#flush(true);
      this.#range = range;
    }
    this.#cached.push({ entry, offset: range.start - this.#range.start });
  }

  other(entry: T): void {
    if (this.#cached.length > 0) this.#cached.push({ entry, offset: undefined });
    else {
      this.#injectHeld();
      this.#sink.pass(entry);
    }
  }

  interrupt(): void {
    this.#flush(false);
    this.#injectHeld();
  }

  relieve(): void {
    this.#flush(true);
  }

  #flush(keep: boolean): void {
    const range = this.#range;
    if (range === undefined || range.end === range.start) return this.#emit(undefined);
    const held = this.#held;
    this.#held = undefined;
    const { chunks, paddingStart, paddingEnd } = this.#lookUp(range);
    const [first] = chunks;
    const goesOn = held !== undefined && first?.number === held.number;
    const usedOfHeld = held === undefined ? 0 : this.#sizeOf(held.number) - held.padding;
    const padding = paddingStart + paddingEnd - (goesOn ? usedOfHeld : 0);
    const total = range.end - range.start + paddingStart + paddingEnd;
    const reused = padding / total <= PADDING_LIMIT;
    this.#onDecision({ range, padding, total, reused });
    if (!reused) {
      this.#held = held;
      return this.#emit(undefined);
    }
    if (goesOn) first!.padding -= usedOfHeld;
    else if (held !== undefined) this.#sink.inject(held.number, held.number + 1);
    this.#emit(paddingStart);
    if (keep) this.#held = chunks.pop();
    if (chunks.length > 0) {
      this.#sink.inject(chunks[0]!.number, chunks.at(-1)!.number + 1);
    }
  }

  /** Lets the run out. @param base Where it will lie, from the stream's end on; without it, it is read. */
  #emit(base: number | undefined): void {
    this.#injectHeld();
    const end = this.#range?.end;
    if (end !== undefined) this.#range = { start: end, end };
    for (const { entry, offset } of this.#cached.splice(0)) {
      if (offset === undefined) this.#sink.pass(entry);
      else if (base === undefined) this.#sink.encode(entry);
      else this.#sink.refer(entry, base + offset);
    }
  }

  #injectHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#sink.inject(held.number, held.number + 1);
  }

  /** The chunks of a range, with the one after it if it ends with a chunk: as the official client. */
  #lookUp({ start, end }: PayloadRange): {
    chunks: ListedChunk[];
    paddingStart: number;
    paddingEnd: number;
  } {
    const index = this.#index;
    const first = index.findChunk(start);
    const chunks: ListedChunk[] = [];
    if (first === undefined) return { chunks, paddingStart: 0, paddingEnd: 0 };
    const paddingStart = start - index.startOf(first);
    let paddingEnd = 0;
    for (let number = first; number < index.chunkCount; number++) {
      chunks.push({ number, padding: 0 });
      if (index.endOf(number) > end) {
        paddingEnd = index.endOf(number) - end;
        break;
      }
    }
    chunks[0]!.padding += paddingStart;
    chunks.at(-1)!.padding += paddingEnd;
    return { chunks, paddingStart, paddingEnd };
  }

  #sizeOf(number: number): number {
    return this.#index.endOf(number) - this.#index.startOf(number);
  }
}
