import { contentsOf, ENDED, lowest, sessionsOf, type State } from "./protocol_state.ts";
import type { Steps } from "./protocol_steps.ts";

/** Steps that a collector can make. */
export function collectorSteps(steps: Steps, state: State, i: number): void {
  const collector = state.collectors[i]!;
  const name = (step: string) => `collector ${i}: ${step}`;
  const of = (s: State) => s.collectors[i]!;
  const go = (pc: number) => (s: State) => {
    of(s).pc = pc;
  };
  const at = collector.collection - 1;
  const collection = state.collections[at];
  switch (collector.pc) {
    case 0:
    case 1:
      steps.read(state, name("list collections"), (s) => start(steps, s, i));
      break;
    case 2:
      // Only if absent: of two that begin the same one, one does.
      if (collection !== undefined && collection.holder !== i + 1) {
        steps.read(state, name("another has begun"), go(ENDED));
      } else {
        steps.write(state, name("begin"), (s) => {
          s.collections[at] ??= {
            ...{ begun: 1, published: 0, candidates: 0, marked: 0, deleting: 0, done: 0 },
            ...{ rescued: 0, holder: i + 1 },
          };
        }, go(3));
      }
      break;
    case 3:
      steps.read(state, name("mark"), (s) => {
        const { snapshots, chunks } = mark(steps, s, 0);
        Object.assign(of(s), { marked: snapshots, kept: chunks, pc: 4 });
      });
      break;
    case 4:
      steps.read(state, name("list chunks"), (s) => {
        // Reused for the candidates until they are published.
        of(s).rescued = s.chunks & ~collector.kept;
        of(s).pc = steps.has("candidates before sessions") ? 5 : 50;
      });
      break;
    case 50:
      steps.read(state, name("list sessions early"), (s) => {
        of(s).sessions = sessionsOf(s);
        of(s).pc = 5;
      });
      break;
    case 5:
      steps.write(state, name("publish"), (s) => {
        const { rescued: candidates, marked } = of(s);
        Object.assign(s.collections[at]!, { published: 1, candidates, marked });
      }, (s) => {
        Object.assign(of(s), {
          rescued: 0,
          kept: 0,
          pc: steps.has("candidates before sessions") ? 6 : 7,
        });
      });
      break;
    case 6:
      steps.read(state, name("list sessions"), (s) => {
        of(s).sessions = sessionsOf(s);
        of(s).pc = 7;
      });
      break;
    case 7:
      sessions(steps, state, i);
      break;
    case 8:
      steps.reached.fence = true;
      steps.write(state, name("fence"), (s) => {
        const writer = s.writers[lowest(collector.sessions)]!;
        if (writer.end === 0) writer.end = 2;
      }, (s) => {
        const writer = s.writers[lowest(collector.sessions)]!;
        if (writer.end === 1) {
          of(s).sessions &= of(s).sessions - 1;
          of(s).pc = 7;
        } else of(s).pc = 9;
      });
      break;
    case 9:
      steps.write(state, name("remove session"), (s) => {
        s.writers[lowest(collector.sessions)]!.begun = 0;
      }, (s) => {
        of(s).sessions &= of(s).sessions - 1;
        of(s).pc = 7;
      });
      break;
    case 11:
      if (!steps.has("`deleting` before reading rescues")) {
        steps.read(state, name("read rescues early"), (s) => {
          of(s).rescued = collection!.rescued;
          of(s).pc = 51;
        });
      } else putDeleting(steps, state, i, 12);
      break;
    case 51:
      putDeleting(steps, state, i, 14);
      break;
    case 12: {
      const isOurs = collection!.published && !collection!.done;
      steps.read(
        state,
        name("look for published"),
        go(isOurs || !steps.has("look for `published` after writing `deleting`") ? 13 : ENDED),
      );
      break;
    }
    case 13:
      steps.read(state, name("read rescues"), (s) => {
        of(s).rescued = collection!.rescued;
        of(s).pc = 14;
      });
      break;
    case 14:
      steps.read(state, name("mark again"), (s) => {
        const again = steps.has("mark again before deleting");
        of(s).kept = again ? mark(steps, s, collection!.marked).chunks : 0;
        of(s).kept |= of(s).rescued;
        of(s).rescued = 0;
        of(s).marked = 0;
        of(s).pc = 15;
      });
      break;
    case 15: {
      const garbage = collection!.candidates & ~collector.kept;
      if (!collector.leaseOver || !steps.has("delete within the lease")) {
        const chunk = garbage & -garbage;
        steps.reached.deletion = true;
        steps.write(state, name(`delete chunk ${chunk}`), (s) => {
          s.chunks &= ~chunk;
        }, (s) => of(s).kept |= chunk);
      }
      break;
    }
    case 16:
      steps.write(state, name("done"), (s) => s.collections[at]!.done = 1, go(17));
      break;
    case 17:
      steps.read(state, name("clear"), (s) => {
        if (steps.has("clear `published` first")) s.collections[at]!.published = 0;
        else s.collections[at]!.deleting = 0;
        of(s).pc = 18;
      });
      break;
    case 18:
      steps.read(state, name("clear the rest"), (s) => {
        Object.assign(s.collections[at]!, { published: 0, deleting: 0, rescued: 0 });
        Object.assign(of(s), { kept: 0, sessions: 0, pc: ENDED });
      });
      break;
    case 19:
      // Its lease has run out, or this step is not taken.
      steps.write(state, name("end that of another"), (s) => {
        s.collections[at]!.done = 1;
        s.collectors[collection!.holder - 1]!.leaseOver = 1;
      }, go(1));
      break;
  }
}

/** What is to be done with the newest collection. */
function start(steps: Steps, s: State, i: number): void {
  const collector = s.collectors[i]!;
  const newest = s.collections.at(-1);
  collector.collection = s.collections.length;
  if (newest === undefined || newest.done) {
    collector.collection++;
    collector.pc = collector.collection > steps.size.collections ? ENDED : 2;
    return;
  }
  const isRunning = !newest.published || newest.deleting;
  if (!isRunning) {
    // The sessions are listed anew: those that have begun since then are waited for without need.
    collector.pc = 6;
    return;
  }
  collector.pc = newest.holder === i + 1 ? ENDED : 19;
}

function sessions(steps: Steps, state: State, i: number): void {
  const of = (s: State) => s.collectors[i]!;
  if (!steps.has("wait for sessions")) {
    steps.read(state, `collector ${i}: waits for nobody`, (s) => of(s).pc = 11);
    return;
  }
  steps.read(state, `collector ${i}: a session has expired`, (s) => {
    if (!steps.has("fence expired sessions")) of(s).sessions &= of(s).sessions - 1;
    else of(s).pc = 8;
  });
}

function putDeleting(steps: Steps, state: State, i: number, pc: number): void {
  const collector = state.collectors[i]!;
  const at = collector.collection - 1;
  const { deleting } = state.collections[at]!;
  const isAnothers = deleting !== 0 && deleting !== i + 1;
  if (isAnothers && steps.has("write `deleting` only if absent")) {
    steps.read(state, `collector ${i}: another deletes`, (s) => s.collectors[i]!.pc = ENDED);
    return;
  }
  steps.write(state, `collector ${i}: put deleting`, (s) => {
    s.collections[at]!.deleting = i + 1;
    s.collections[at]!.holder = i + 1;
  }, (s) => s.collectors[i]!.pc = pc);
}

/** @param without Snapshots that need no marking. */
function mark(steps: Steps, s: State, without: number): { snapshots: number; chunks: number } {
  let [snapshots, chunks] = [0, 0];
  for (const [number, parts] of s.snapshots.entries()) {
    const counts = steps.has("mark unfinished snapshots") ? (parts & 1) !== 0 : parts === 3;
    if (!counts || (without >> number & 1) !== 0) continue;
    snapshots |= 1 << number;
    chunks |= contentsOf(number);
  }
  return { snapshots, chunks };
}
