/**
 * Model of docs/internals/shared-bucket.md: writers, collectors and prune as small machines over one
 * bucket, whose every request is a step. {@linkcode explore} goes through all interleavings of their
 * steps, with crashes, suspensions and repeated requests at every place.
 */

import { collectorSteps } from "./protocol_collector.ts";
import {
  CRASHED,
  ENDED,
  initialState,
  isFaulty,
  isLive,
  keyOf,
  settle,
  type State,
  structuredCopy,
} from "./protocol_state.ts";
import type { LeftOutRule, ModelSize, Steps } from "./protocol_steps.ts";
import { writerSteps } from "./protocol_writer.ts";

/** What {@linkcode explore} has found. */
export interface Exploration {
  readonly states: number;
  /** Steps to a committed snapshot that lacks a chunk; undefined if there is no such way. */
  readonly fault: readonly string[] | undefined;
  /** Whether some run ended with both of them: a snapshot of a writer, and a chunk deleted. */
  readonly reached: {
    readonly commit: boolean;
    readonly deletion: boolean;
    readonly fence: boolean;
  };
}

/** Goes through all interleavings. */
export function explore(size: ModelSize, leftOut?: LeftOutRule): Exploration {
  return new Explorer(size, leftOut).run();
}

class Explorer implements Steps {
  readonly #leftOut: LeftOutRule | undefined;
  readonly size: ModelSize;
  readonly #seen = new Map<string, { from: string; step: string } | undefined>();
  readonly #open: State[] = [];
  #current = "";
  #fault: string | undefined;
  readonly reached = { commit: false, deletion: false, fence: false };

  constructor(size: ModelSize, leftOut?: LeftOutRule) {
    this.size = size;
    this.#leftOut = leftOut;
  }

  run(): Exploration {
    this.#add(initialState(this.size), "");
    for (let state = this.#open.pop(); state !== undefined; state = this.#open.pop()) {
      this.#current = keyOf(state);
      this.#expand(state);
      if (this.#fault !== undefined) break;
    }
    const fault = this.#fault === undefined ? undefined : this.#wayTo(this.#fault);
    return { states: this.#seen.size, fault, reached: this.reached };
  }

  has(rule: LeftOutRule): boolean {
    return this.#leftOut !== rule;
  }

  #add(state: State, step: string): void {
    settle(state, this.has("index before deciding") ? 9 : 10);
    const key = keyOf(state);
    if (this.#seen.has(key)) return;
    this.#seen.set(key, { from: this.#current, step });
    this.#open.push(state);
    if (this.#fault === undefined && isFaulty(state)) this.#fault = key;
  }

  #wayTo(key: string): string[] {
    const way: string[] = [];
    for (let at = key; at !== "";) {
      const { from, step } = this.#seen.get(at)!;
      if (step !== "") way.unshift(step);
      at = from;
    }
    return way;
  }

  /** A step that writes may be sent twice: its answer was lost. */
  write(
    state: State,
    step: string,
    next: (state: State) => void,
    advance: (state: State) => void,
  ) {
    const after = structuredCopy(state);
    next(after);
    if (state.faults > 0) {
      const repeated = structuredCopy(after);
      repeated.faults--;
      this.#add(repeated, `${step}, answer lost`);
    }
    advance(after);
    this.#add(after, step);
  }

  read(state: State, step: string, next: (state: State) => void) {
    const after = structuredCopy(state);
    next(after);
    this.#add(after, step);
  }

  #expand(state: State): void {
    for (let i = 0; i < state.writers.length; i++) writerSteps(this, state, i);
    for (let i = 0; i < state.collectors.length; i++) collectorSteps(this, state, i);
    this.#prune(state);
    this.#environment(state);
  }

  /** Crashes. That a session or a lease has run out is seen, or not, by whoever looks. */
  #environment(state: State): void {
    for (const [i, writer] of state.writers.entries()) {
      const runs = writer.pc > 0 && writer.pc < ENDED;
      // Also when somebody has removed the object meanwhile.
      if (runs && writer.pc < 13 && !writer.begun && writer.end === 2) {
        this.read(state, `writer ${i} renews`, (s) => s.writers[i]!.begun = 1);
      }
      if (runs && state.faults > 0) {
        this.read(state, `writer ${i} crashes`, (s) => {
          s.writers[i]!.pc = CRASHED;
          s.faults--;
        });
      }
    }
    for (const [i, collector] of state.collectors.entries()) {
      if (collector.pc === 0 || collector.pc >= ENDED || state.faults === 0) continue;
      this.read(state, `collector ${i} crashes`, (s) => {
        s.collectors[i]!.pc = CRASHED;
        s.faults--;
      });
    }
  }

  #isClaimed({ writers }: State, i: number): boolean {
    return isLive(writers[i]!) && this.has("prune leaves claimed snapshots alone");
  }

  #prune(state: State): void {
    const { pc, victim, left } = state.prune;
    if (pc === 0 && left > 0) {
      for (const [i, writer] of state.writers.entries()) {
        // Whoever sees, or believes, that a process is gone ends its session and takes its locks.
        const mayEnd = writer.end === 0 ||
          writer.end === 1 && !this.has("only who has decided nothing is ended early");
        if (!isLive(writer) || !mayEnd) continue;
        this.read(state, `prune: end session ${i} early`, (s) => {
          Object.assign(s.writers[i]!, { begun: 0, end: writer.end === 0 ? 2 : 1 });
        });
      }
      for (const [number, parts] of state.snapshots.entries()) {
        // What a session has claimed is left alone until that has ended.
        if (parts === 0 || number > 0 && this.#isClaimed(state, number - 1)) continue;
        this.read(state, `prune: remove manifest ${number}`, (s) => {
          s.snapshots[number]! &= ~2;
          s.prune = { pc: 1, victim: number, left: left - 1 };
        });
      }
    } else if (pc === 1) {
      this.read(state, `prune: remove indexes ${victim}`, (s) => {
        s.snapshots[victim]! &= ~1;
        s.prune.pc = 0;
        s.prune.victim = 0;
      });
    }
  }
}
