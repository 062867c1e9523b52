import { A, B, contentsOf, ENDED, rescue, type State } from "./protocol_state.ts";
import type { Steps } from "./protocol_steps.ts";

/** Steps that a writer can make. */
export function writerSteps(steps: Steps, state: State, i: number): void {
  const writer = state.writers[i]!;
  const name = (step: string) => `writer ${i}: ${step}`;
  const of = (s: State) => s.writers[i]!;
  const go = (pc: number) => (s: State) => {
    of(s).pc = pc;
  };
  const collection = state.collections[writer.seen - 1];
  switch (writer.pc) {
    case 0: {
      if (!steps.has("session before listing")) {
        steps.read(state, name("look first"), (s) => listAll(steps, s, i, 20));
        break;
      }
      steps.write(state, name("put session"), (s) => of(s).begun = 1, go(1));
      break;
    }
    case 20:
      steps.write(state, name("put session late"), (s) => of(s).begun = 1, go(2));
      break;
    case 1:
      steps.read(state, name("list .shared"), (s) => listShared(steps, s, i, 2));
      break;
    case 2:
      steps.read(state, name("list snapshots"), (s) => listSnapshots(s, i));
      break;
    case 3:
      steps.write(state, name("rescue known"), (s) => rescue(s, i, of(s).candidates), go(4));
      break;
    case 4:
      steps.read(state, name("look for deleting"), (s) => {
        if (collection!.deleting) of(s).needs |= of(s).candidates;
        of(s).pc = collection!.deleting || !steps.has("look for `published` after `deleting`")
          ? 5
          : 40;
      });
      break;
    case 40:
      steps.read(state, name("look for published"), (s) => {
        if (!collection!.published) of(s).needs |= of(s).candidates;
        of(s).pc = 5;
      });
      break;
    case 5: {
      const chunk = writer.needs & -writer.needs;
      if ((chunk & writer.candidates) === 0) {
        steps.write(state, name(`put chunk ${chunk}`), (s) => {
          s.chunks |= chunk;
        }, (s) => of(s).needs &= ~chunk);
      } else if (steps.has("rescue before looking for `deleting`")) {
        steps.write(state, name(`rescue ${chunk}`), (s) => rescue(s, i, chunk), go(7));
      } else {
        steps.read(state, name("look for deleting first"), (s) => {
          of(s).pc = collection!.deleting ? 70 : 60;
        });
      }
      break;
    }
    case 60: {
      const chunk = writer.needs & -writer.needs;
      steps.write(state, name(`rescue ${chunk} late`), (s) => rescue(s, i, chunk), go(8));
      break;
    }
    case 7:
      steps.read(state, name("look for deleting"), (s) => {
        const waits = collection!.deleting &&
          steps.has("wait for `done` when `deleting` is there");
        of(s).pc = waits ? 70 : 8;
      });
      break;
    case 70:
      if (collection!.done || !collection!.published) {
        steps.read(state, name("has waited for done"), go(8));
      }
      break;
    case 8: {
      const chunk = writer.needs & -writer.needs;
      steps.write(state, name(`put chunk ${chunk}`), (s) => {
        s.chunks |= chunk;
      }, (s) => {
        of(s).needs &= ~chunk;
        of(s).pc = 5;
      });
      break;
    }
    case 9: {
      const decides = steps.has("decide before the manifest");
      steps.write(
        state,
        name("put index"),
        (s) => s.snapshots[i + 1]! |= 1,
        go(decides ? 10 : 12),
      );
      break;
    }
    case 10:
      if (writer.end === 2) steps.read(state, name("is fenced"), go(14));
      else {steps.write(state, name("decide"), (s) =>
          of(s).end = 1, go(steps.has("manifest before session's end") ? 12 : 11));}
      break;
    case 11:
      steps.read(state, name("end session early"), (s) => {
        Object.assign(of(s), { begun: 0, pc: 12 });
      });
      break;
    case 12:
      steps.reached.commit = true;
      steps.write(
        state,
        name("put manifest"),
        (s) => {
          s.snapshots[i + 1]! |= steps.has("index before deciding") ? 2 : 3;
        },
        go(steps.has("manifest before session's end") ? 13 : ENDED),
      );
      break;
    case 13:
      steps.write(state, name("end session"), (s) => of(s).begun = 0, (s) => {
        Object.assign(of(s), { pc: ENDED, end: 0 });
      });
      break;
    case 14:
      // It leaves what it has written to others.
      steps.read(state, name("give up"), (s) => Object.assign(of(s), { begun: 0, pc: ENDED }));
      break;
  }
}

function listAll(steps: Steps, s: State, i: number, pc: number): void {
  listShared(steps, s, i, pc);
  s.writers[i]!.pc = pc;
}

function listShared(steps: Steps, s: State, i: number, pc: number): void {
  const writer = s.writers[i]!;
  writer.pc = pc;
  const newest = s.collections.at(-1);
  if (!newest?.published || newest.done) return;
  if (!steps.has("writers read the candidates")) return;
  writer.seen = s.collections.length;
  writer.candidates = newest.candidates;
}

function listSnapshots(s: State, i: number): void {
  const writer = s.writers[i]!;
  let known = 0;
  for (const [number, parts] of s.snapshots.entries()) {
    if ((parts & 2) !== 0) known = contentsOf(number);
  }
  writer.needs = (A | B) & ~known;
  const doubtful = known & writer.candidates;
  writer.pc = doubtful === 0 ? 5 : 3;
}
