/**
 * Model of docs/internals/shared-bucket.md: writers, collectors and prune as small machines over one
 * bucket, whose every request is a step. {@linkcode explore} goes through all interleavings of their
 * steps, with crashes, suspensions and repeated requests at every place.
 *
 * Two chunks: A (1) belongs to a snapshot that is there, B (2) is what an aborted backup has left.
 * Every writer makes a snapshot of both.
 */

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

const [A, B] = [1, 2];
const ENDED = 98;
const CRASHED = 99;

interface Writer {
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

interface Collector {
  pc: number;
  collection: number;
  /** Snapshots that were marked, and what is not to be deleted. */
  marked: number;
  kept: number;
  sessions: number;
  rescued: number;
  leaseOver: number;
}

interface Collection {
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

interface State {
  chunks: number;
  /** Bit 1: indexes; bit 2: manifest. Number 0 is there from the beginning. */
  snapshots: number[];
  writers: Writer[];
  collectors: Collector[];
  collections: Collection[];
  prune: { pc: number; victim: number; left: number };
  faults: number;
}

/** Goes through all interleavings. */
export function explore(size: ModelSize, leftOut?: LeftOutRule): Exploration {
  return new Explorer(size, leftOut).run();
}

class Explorer {
  readonly #leftOut: LeftOutRule | undefined;
  readonly #size: ModelSize;
  readonly #seen = new Map<string, { from: string; step: string } | undefined>();
  readonly #open: State[] = [];
  #current = "";
  #fault: string | undefined;
  #reached = { commit: false, deletion: false, fence: false };

  constructor(size: ModelSize, leftOut?: LeftOutRule) {
    this.#size = size;
    this.#leftOut = leftOut;
  }

  run(): Exploration {
    this.#add(this.#initial(), "");
    for (let state = this.#open.pop(); state !== undefined; state = this.#open.pop()) {
      this.#current = keyOf(state);
      this.#expand(state);
      if (this.#fault !== undefined) break;
    }
    const fault = this.#fault === undefined ? undefined : this.#wayTo(this.#fault);
    return { states: this.#seen.size, fault, reached: this.#reached };
  }

  #initial(): State {
    return {
      chunks: A | B,
      snapshots: [3, ...Array.from({ length: this.#size.writers }, () => 0)],
      writers: Array.from({ length: this.#size.writers }, () => ({
        ...{ pc: 0, needs: A | B, seen: 0, candidates: 0, begun: 0, end: 0 },
      })),
      collectors: Array.from({ length: this.#size.collectors }, () => ({
        ...{ pc: 0, collection: 0, marked: 0, kept: 0, sessions: 0, rescued: 0, leaseOver: 0 },
      })),
      collections: [],
      prune: { pc: 0, victim: 0, left: this.#size.prunes },
      faults: this.#size.faults,
    };
  }

  #has(rule: LeftOutRule): boolean {
    return this.#leftOut !== rule;
  }

  #add(state: State, step: string): void {
    settle(state, this.#has("index before deciding") ? 9 : 10);
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
  #write(
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

  #read(state: State, step: string, next: (state: State) => void) {
    const after = structuredCopy(state);
    next(after);
    this.#add(after, step);
  }

  #expand(state: State): void {
    for (let i = 0; i < state.writers.length; i++) this.#writer(state, i);
    for (let i = 0; i < state.collectors.length; i++) this.#collector(state, i);
    this.#prune(state);
    this.#environment(state);
  }

  /** Crashes. That a session or a lease has run out is seen, or not, by whoever looks. */
  #environment(state: State): void {
    for (const [i, writer] of state.writers.entries()) {
      const runs = writer.pc > 0 && writer.pc < ENDED;
      // Also when somebody has removed the object meanwhile.
      if (runs && writer.pc < 13 && !writer.begun && writer.end === 2) {
        this.#read(state, `writer ${i} renews`, (s) => s.writers[i]!.begun = 1);
      }
      if (runs && state.faults > 0) {
        this.#read(state, `writer ${i} crashes`, (s) => {
          s.writers[i]!.pc = CRASHED;
          s.faults--;
        });
      }
    }
    for (const [i, collector] of state.collectors.entries()) {
      if (collector.pc === 0 || collector.pc >= ENDED || state.faults === 0) continue;
      this.#read(state, `collector ${i} crashes`, (s) => {
        s.collectors[i]!.pc = CRASHED;
        s.faults--;
      });
    }
  }

  #writer(state: State, i: number): void {
    const writer = state.writers[i]!;
    const name = (step: string) => `writer ${i}: ${step}`;
    const of = (s: State) => s.writers[i]!;
    const go = (pc: number) => (s: State) => {
      of(s).pc = pc;
    };
    const collection = state.collections[writer.seen - 1];
    switch (writer.pc) {
      case 0: {
        if (!this.#has("session before listing")) {
          this.#read(state, name("look first"), (s) => this.#listAll(s, i, 20));
          break;
        }
        this.#write(state, name("put session"), (s) => of(s).begun = 1, go(1));
        break;
      }
      case 20:
        this.#write(state, name("put session late"), (s) => of(s).begun = 1, go(2));
        break;
      case 1:
        this.#read(state, name("list .shared"), (s) => this.#listShared(s, i, 2));
        break;
      case 2:
        this.#read(state, name("list snapshots"), (s) => this.#listSnapshots(s, i));
        break;
      case 3:
        this.#write(state, name("rescue known"), (s) => rescue(s, i, of(s).candidates), go(4));
        break;
      case 4:
        this.#read(state, name("look for deleting"), (s) => {
          if (collection!.deleting) of(s).needs |= of(s).candidates;
          of(s).pc = collection!.deleting || !this.#has("look for `published` after `deleting`")
            ? 5
            : 40;
        });
        break;
      case 40:
        this.#read(state, name("look for published"), (s) => {
          if (!collection!.published) of(s).needs |= of(s).candidates;
          of(s).pc = 5;
        });
        break;
      case 5: {
        const chunk = writer.needs & -writer.needs;
        if ((chunk & writer.candidates) === 0) {
          this.#write(state, name(`put chunk ${chunk}`), (s) => {
            s.chunks |= chunk;
          }, (s) => of(s).needs &= ~chunk);
        } else if (this.#has("rescue before looking for `deleting`")) {
          this.#write(state, name(`rescue ${chunk}`), (s) => rescue(s, i, chunk), go(7));
        } else {
          this.#read(state, name("look for deleting first"), (s) => {
            of(s).pc = collection!.deleting ? 70 : 60;
          });
        }
        break;
      }
      case 60: {
        const chunk = writer.needs & -writer.needs;
        this.#write(state, name(`rescue ${chunk} late`), (s) => rescue(s, i, chunk), go(8));
        break;
      }
      case 7:
        this.#read(state, name("look for deleting"), (s) => {
          const waits = collection!.deleting &&
            this.#has("wait for `done` when `deleting` is there");
          of(s).pc = waits ? 70 : 8;
        });
        break;
      case 70:
        if (collection!.done || !collection!.published) {
          this.#read(state, name("has waited for done"), go(8));
        }
        break;
      case 8: {
        const chunk = writer.needs & -writer.needs;
        this.#write(state, name(`put chunk ${chunk}`), (s) => {
          s.chunks |= chunk;
        }, (s) => {
          of(s).needs &= ~chunk;
          of(s).pc = 5;
        });
        break;
      }
      case 9: {
        const decides = this.#has("decide before the manifest");
        this.#write(
          state,
          name("put index"),
          (s) => s.snapshots[i + 1]! |= 1,
          go(decides ? 10 : 12),
        );
        break;
      }
      case 10:
        if (writer.end === 2) this.#read(state, name("is fenced"), go(14));
        else {this.#write(state, name("decide"), (s) =>
            of(s).end = 1, go(this.#has("manifest before session's end") ? 12 : 11));}
        break;
      case 11:
        this.#read(state, name("end session early"), (s) => {
          Object.assign(of(s), { begun: 0, pc: 12 });
        });
        break;
      case 12:
        this.#reached.commit = true;
        this.#write(
          state,
          name("put manifest"),
          (s) => {
            s.snapshots[i + 1]! |= this.#has("index before deciding") ? 2 : 3;
          },
          go(this.#has("manifest before session's end") ? 13 : ENDED),
        );
        break;
      case 13:
        this.#write(state, name("end session"), (s) => of(s).begun = 0, (s) => {
          Object.assign(of(s), { pc: ENDED, end: 0 });
        });
        break;
      case 14:
        // It leaves what it has written to others.
        this.#read(state, name("give up"), (s) => Object.assign(of(s), { begun: 0, pc: ENDED }));
        break;
    }
  }

  #listAll(s: State, i: number, pc: number): void {
    this.#listShared(s, i, pc);
    s.writers[i]!.pc = pc;
  }

  #listShared(s: State, i: number, pc: number): void {
    const writer = s.writers[i]!;
    writer.pc = pc;
    const newest = s.collections.at(-1);
    if (!newest?.published || newest.done) return;
    if (!this.#has("writers read the candidates")) return;
    writer.seen = s.collections.length;
    writer.candidates = newest.candidates;
  }

  #listSnapshots(s: State, i: number): void {
    const writer = s.writers[i]!;
    let known = 0;
    for (const [number, parts] of s.snapshots.entries()) {
      if ((parts & 2) !== 0) known = contentsOf(number);
    }
    writer.needs = (A | B) & ~known;
    const doubtful = known & writer.candidates;
    writer.pc = doubtful === 0 ? 5 : 3;
  }

  #collector(state: State, i: number): void {
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
        this.#read(state, name("list collections"), (s) => this.#start(s, i));
        break;
      case 2:
        // Only if absent: of two that begin the same one, one does.
        if (collection !== undefined && collection.holder !== i + 1) {
          this.#read(state, name("another has begun"), go(ENDED));
        } else {
          this.#write(state, name("begin"), (s) => {
            s.collections[at] ??= {
              ...{ begun: 1, published: 0, candidates: 0, marked: 0, deleting: 0, done: 0 },
              ...{ rescued: 0, holder: i + 1 },
            };
          }, go(3));
        }
        break;
      case 3:
        this.#read(state, name("mark"), (s) => {
          const { snapshots, chunks } = this.#mark(s, 0);
          Object.assign(of(s), { marked: snapshots, kept: chunks, pc: 4 });
        });
        break;
      case 4:
        this.#read(state, name("list chunks"), (s) => {
          // Reused for the candidates until they are published.
          of(s).rescued = s.chunks & ~collector.kept;
          of(s).pc = this.#has("candidates before sessions") ? 5 : 50;
        });
        break;
      case 50:
        this.#read(state, name("list sessions early"), (s) => {
          of(s).sessions = sessionsOf(s);
          of(s).pc = 5;
        });
        break;
      case 5:
        this.#write(state, name("publish"), (s) => {
          const { rescued: candidates, marked } = of(s);
          Object.assign(s.collections[at]!, { published: 1, candidates, marked });
        }, (s) => {
          Object.assign(of(s), {
            rescued: 0,
            kept: 0,
            pc: this.#has("candidates before sessions") ? 6 : 7,
          });
        });
        break;
      case 6:
        this.#read(state, name("list sessions"), (s) => {
          of(s).sessions = sessionsOf(s);
          of(s).pc = 7;
        });
        break;
      case 7:
        this.#sessions(state, i);
        break;
      case 8:
        this.#reached.fence = true;
        this.#write(state, name("fence"), (s) => {
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
        this.#write(state, name("remove session"), (s) => {
          s.writers[lowest(collector.sessions)]!.begun = 0;
        }, (s) => {
          of(s).sessions &= of(s).sessions - 1;
          of(s).pc = 7;
        });
        break;
      case 11:
        if (!this.#has("`deleting` before reading rescues")) {
          this.#read(state, name("read rescues early"), (s) => {
            of(s).rescued = collection!.rescued;
            of(s).pc = 51;
          });
        } else this.#putDeleting(state, i, 12);
        break;
      case 51:
        this.#putDeleting(state, i, 14);
        break;
      case 12: {
        const isOurs = collection!.published && !collection!.done;
        this.#read(
          state,
          name("look for published"),
          go(isOurs || !this.#has("look for `published` after writing `deleting`") ? 13 : ENDED),
        );
        break;
      }
      case 13:
        this.#read(state, name("read rescues"), (s) => {
          of(s).rescued = collection!.rescued;
          of(s).pc = 14;
        });
        break;
      case 14:
        this.#read(state, name("mark again"), (s) => {
          const again = this.#has("mark again before deleting");
          of(s).kept = again ? this.#mark(s, collection!.marked).chunks : 0;
          of(s).kept |= of(s).rescued;
          of(s).rescued = 0;
          of(s).marked = 0;
          of(s).pc = 15;
        });
        break;
      case 15: {
        const garbage = collection!.candidates & ~collector.kept;
        if (!collector.leaseOver || !this.#has("delete within the lease")) {
          const chunk = garbage & -garbage;
          this.#reached.deletion = true;
          this.#write(state, name(`delete chunk ${chunk}`), (s) => {
            s.chunks &= ~chunk;
          }, (s) => of(s).kept |= chunk);
        }
        break;
      }
      case 16:
        this.#write(state, name("done"), (s) => s.collections[at]!.done = 1, go(17));
        break;
      case 17:
        this.#read(state, name("clear"), (s) => {
          if (this.#has("clear `published` first")) s.collections[at]!.published = 0;
          else s.collections[at]!.deleting = 0;
          of(s).pc = 18;
        });
        break;
      case 18:
        this.#read(state, name("clear the rest"), (s) => {
          Object.assign(s.collections[at]!, { published: 0, deleting: 0, rescued: 0 });
          Object.assign(of(s), { kept: 0, sessions: 0, pc: ENDED });
        });
        break;
      case 19:
        // Its lease has run out, or this step is not taken.
        this.#write(state, name("end that of another"), (s) => {
          s.collections[at]!.done = 1;
          s.collectors[collection!.holder - 1]!.leaseOver = 1;
        }, go(1));
        break;
    }
  }

  /** What is to be done with the newest collection. */
  #start(s: State, i: number): void {
    const collector = s.collectors[i]!;
    const newest = s.collections.at(-1);
    collector.collection = s.collections.length;
    if (newest === undefined || newest.done) {
      collector.collection++;
      collector.pc = collector.collection > this.#size.collections ? ENDED : 2;
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

  #sessions(state: State, i: number): void {
    const of = (s: State) => s.collectors[i]!;
    if (!this.#has("wait for sessions")) {
      this.#read(state, `collector ${i}: waits for nobody`, (s) => of(s).pc = 11);
      return;
    }
    this.#read(state, `collector ${i}: a session has expired`, (s) => {
      if (!this.#has("fence expired sessions")) of(s).sessions &= of(s).sessions - 1;
      else of(s).pc = 8;
    });
  }

  #putDeleting(state: State, i: number, pc: number): void {
    const collector = state.collectors[i]!;
    const at = collector.collection - 1;
    const { deleting } = state.collections[at]!;
    const isAnothers = deleting !== 0 && deleting !== i + 1;
    if (isAnothers && this.#has("write `deleting` only if absent")) {
      this.#read(state, `collector ${i}: another deletes`, (s) => s.collectors[i]!.pc = ENDED);
      return;
    }
    this.#write(state, `collector ${i}: put deleting`, (s) => {
      s.collections[at]!.deleting = i + 1;
      s.collections[at]!.holder = i + 1;
    }, (s) => s.collectors[i]!.pc = pc);
  }

  /** @param without Snapshots that need no marking. */
  #mark(s: State, without: number): { snapshots: number; chunks: number } {
    let [snapshots, chunks] = [0, 0];
    for (const [number, parts] of s.snapshots.entries()) {
      const counts = this.#has("mark unfinished snapshots") ? (parts & 1) !== 0 : parts === 3;
      if (!counts || (without >> number & 1) !== 0) continue;
      snapshots |= 1 << number;
      chunks |= contentsOf(number);
    }
    return { snapshots, chunks };
  }

  #isClaimed({ writers }: State, i: number): boolean {
    return isLive(writers[i]!) && this.#has("prune leaves claimed snapshots alone");
  }

  #prune(state: State): void {
    const { pc, victim, left } = state.prune;
    if (pc === 0 && left > 0) {
      for (const [number, parts] of state.snapshots.entries()) {
        // What a session has claimed is left alone until that has ended.
        if (parts === 0 || number > 0 && this.#isClaimed(state, number - 1)) continue;
        this.#read(state, `prune: remove manifest ${number}`, (s) => {
          s.snapshots[number]! &= ~2;
          s.prune = { pc: 1, victim: number, left: left - 1 };
        });
      }
    } else if (pc === 1) {
      this.#read(state, `prune: remove indexes ${victim}`, (s) => {
        s.snapshots[victim]! &= ~1;
        s.prune.pc = 0;
        s.prune.victim = 0;
      });
    }
  }
}

/**
 * Takes what a process goes on to by itself as one step with what went before, and forgets what no later
 * step looks at.
 *
 * @param stored Place of a writer in its program that has stored all chunks.
 */
function settle(s: State, stored: number): void {
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

function rescue(s: State, i: number, chunks: number): void {
  s.collections[s.writers[i]!.seen - 1]!.rescued |= chunks;
}

function contentsOf(snapshot: number): number {
  return snapshot === 0 ? A : A | B;
}

function sessionsOf(s: State): number {
  let found = 0;
  for (const [i, writer] of s.writers.entries()) if (isLive(writer)) found |= 1 << i;
  return found;
}

/** Whether others have to wait for a session: one that was fenced has ended, whatever is still there. */
function isLive({ begun, end }: Writer): boolean {
  return begun !== 0 && end !== 2;
}

function lowest(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

/** Whether a snapshot is there that lacks a chunk. */
function isFaulty({ snapshots, chunks }: State): boolean {
  for (const [number, parts] of snapshots.entries()) {
    if ((parts & 2) === 0) continue;
    // Of snapshots that prune is removing the manifest goes first.
    if ((parts & 1) === 0 || (contentsOf(number) & ~chunks) !== 0) return true;
  }
  return false;
}

function structuredCopy(s: State): State {
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

function keyOf(s: State): string {
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
