import type { State } from "./protocol_state.ts";

/** Rules that can be left out, to see that the model notices. */
export const LEFT_OUT_RULES = [
  "writers read the candidates",
  "rescue before looking for `deleting`",
  "wait for `done` when `deleting` is there",
  "look for `published` after `deleting`",
  "session before listing",
  "candidates before sessions",
  "`deleting` before reading rescues",
  "mark again before deleting",
  "mark unfinished snapshots",
  "wait for sessions",
  "fence expired sessions",
  "decide before the manifest",
  "index before deciding",
  "manifest before session's end",
  "delete within the lease",
  "look for `published` after writing `deleting`",
  "clear `published` first",
  "write `deleting` only if absent",
  "prune leaves claimed snapshots alone",
  "only who has decided nothing is ended early",
] as const;

/** One of the {@linkcode LEFT_OUT_RULES}. */
export type LeftOutRule = typeof LEFT_OUT_RULES[number];

/** What takes part. */
export interface ModelSize {
  readonly writers: number;
  readonly collectors: number;
  /** Collections that may be begun. */
  readonly collections: number;
  /** Snapshots that prune may remove. */
  readonly prunes: number;
  /** Crashes, and answers that are lost so that a request is sent again. */
  readonly faults: number;
}

/** How the processes of the model make their steps. */
export interface Steps {
  readonly size: ModelSize;
  /** What some run has come to. */
  readonly reached: { commit: boolean; deletion: boolean; fence: boolean };
  /** Whether a rule is kept. */
  has(rule: LeftOutRule): boolean;
  /** A step that changes what others see only in one way, or not at all. */
  read(state: State, step: string, next: (state: State) => void): void;
  /** A step that writes; it may be sent twice: its answer was lost. */
  write(
    state: State,
    step: string,
    next: (state: State) => void,
    advance: (state: State) => void,
  ): void;
}
