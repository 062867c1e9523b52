import { diffArrays } from "diff";

/** A line of two texts side by side; a side without number has nothing there. */
export interface LinePair {
  readonly left?: Line;
  readonly right?: Line;
  readonly isEqual: boolean;
}

/** A line with its number, from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Edits beyond which it is no use to look for the shortest way. */
const MOST_EDITS = 5000;
/** Milliseconds after which the search for it ends. */
const LONGEST_MS = 1500;

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Two texts line by line: equal lines beside each other, and changed ones as far as they pair up. */
export function pairLines(left: string, right: string): LinePair[] {
  const [from, to] = [linesOf(left), linesOf(right)];
  const changes = diffArrays(from, to, { maxEditLength: MOST_EDITS, timeout: LONGEST_MS }) ??
    [{ value: from, removed: true }, { value: to, added: true }];
  const pairs: LinePair[] = [];
  let [leftNumber, rightNumber] = [1, 1];
  let removed: string[] = [];
  const flush = (added: readonly string[]) => {
    for (let index = 0; index < Math.max(removed.length, added.length); index++) {
      const [a, b] = [removed[index], added[index]];
      pairs.push({
        isEqual: false,
        ...a === undefined ? {} : { left: { number: leftNumber++, text: a } },
        ...b === undefined ? {} : { right: { number: rightNumber++, text: b } },
      });
    }
    removed = [];
  };
  for (const change of changes) {
    if (change.removed) removed = [...removed, ...change.value];
    else if (change.added) flush(change.value);
    else {
      flush([]);
      for (const text of change.value) {
        pairs.push({
          isEqual: true,
          left: { number: leftNumber++, text },
          right: { number: rightNumber++, text },
        });
      }
    }
  }
  flush([]);
  return pairs;
}

/** Lines that are shown, or a number of equal ones that are not. */
export type Passage = { readonly shown: readonly LinePair[] } | {
  readonly hidden: readonly LinePair[];
};

/** Equal lines that stay around a change. */
const CONTEXT = 3;

/** The lines in passages: changes with some lines around, and what is equal between them. */
export function passagesOf(pairs: readonly LinePair[]): Passage[] {
  const near = new Uint8Array(pairs.length);
  for (const [index, pair] of pairs.entries()) {
    if (!pair.isEqual) near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  }
  const passages: Passage[] = [];
  for (let start = 0; start < pairs.length;) {
    let end = start;
    while (end < pairs.length && near[end] === near[start]) end++;
    const part = pairs.slice(start, end);
    passages.push(near[start] ? { shown: part } : { hidden: part });
    start = end;
  }
  return passages;
}
