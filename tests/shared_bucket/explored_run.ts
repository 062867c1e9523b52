import { createHash } from "node:crypto";
import { setImmediate as immediate } from "node:timers/promises";
import { PbsError } from "../../lib/errors/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { isLocal, type Role } from "./explored_answers.ts";
import { ExploredStore, type Objects, type Request } from "./explored_store.ts";

/** One of those who work at the same time. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
  readonly run: (open: () => Promise<LocalRepository>) => Promise<void>;
}

/** What can happen next: a request of an actor, the end of one, or the end of all leases. */
export type Choice =
  | { readonly kind: "request" | "cut"; readonly actor: number }
  | { readonly kind: "time" };

/** Bounds of runs. */
export interface RunLimits {
  /** Times at which all leases run out. */
  readonly jumps: number;
  /** Processes that may end where what they have sent last counts. */
  readonly cuts: number;
  /** How often a process may be kept waiting although it could go on, or leases run out. Default: always. */
  readonly switches?: number;
  /** Writes that do nothing: a rule that is left out. */
  readonly leftOut?: RegExp;
  /** First digits of the chunks that there can be. */
  readonly chunkPrefixes: ReadonlySet<string>;
}

/** A request that waits for its turn. */
interface Waiting extends Request {
  readonly go: () => void;
  readonly cut: (error: Error) => void;
}

interface Process {
  readonly name: string;
  readonly role: Role;
  readonly waiting: Waiting[];
  /** Everything that it has asked and was told: it decides what the process does next. */
  history: string;
  last: string;
  lastPut: string;
  hasEnded: boolean;
  isCut: boolean;
  /** Whether what it has sent has to arrive within its lease. */
  isHurried: boolean;
  ids: number;
}

class Cut extends PbsError {}

/** Leases of a datastore that nobody made otherwise. */
const LEASE_SECONDS = 1800;
const START_SECONDS = 1_800_000_000;

/**
 * Real processes over one object store in memory, each stopped before each of its requests. The requests that
 * one process sends at a time are taken in the order in which it has sent them.
 */
export class ExploredRun implements AsyncDisposable {
  readonly objects: Objects;
  readonly trace: string[] = [];
  readonly #processes: Process[] = [];
  readonly #running: Promise<void>[] = [];
  /** Keys of objects that only their writers look at, and these know them. */
  readonly #local = new Set<string>();
  #current: Process | undefined;
  #jumps = 0;
  #cuts: number;
  #jumpsLeft: number;
  #switches = 0;
  /** The process that went on last. */
  #last = -1;
  #failure: unknown;

  private constructor(objects: Objects, readonly limits: RunLimits) {
    this.objects = new Map(objects);
    this.#jumpsLeft = limits.jumps;
    this.#cuts = limits.cuts;
  }

  /** Starts all actors, up to their first requests. */
  static async start(
    objects: Objects,
    actors: readonly Actor[],
    limits: RunLimits,
    onStart: (run: ExploredRun) => void,
  ): Promise<ExploredRun> {
    const run = new ExploredRun(objects, limits);
    onStart(run);
    for (const actor of actors) await run.#begin(actor);
    return run;
  }

  /** What tells this state from all others. */
  get key(): string {
    return this.#keyOf(this.#processes, this.#contents(), this.#jumps, this.#cuts) +
      this.#turnKey(this.#last, this.#switches);
  }

  /** Whether nobody does anything any more. */
  get isOver(): boolean {
    return this.#processes.every(({ hasEnded, isCut }) => hasEnded || isCut);
  }

  /** What no process may end with. */
  get failure(): string | undefined {
    return this.#failure === undefined ? undefined : String(this.#failure);
  }

  /** Everything that can happen now, with the state that it leads to. */
  choices(): { choice: Choice; key: string }[] {
    const found: { choice: Choice; key: string }[] = [];
    const contents = this.#contents();
    for (const [actor, process] of this.#processes.entries()) {
      const [request] = process.waiting;
      if (request === undefined || process.isCut) continue;
      const switches = this.#switchesTo(actor);
      if (switches > (this.limits.switches ?? Infinity)) continue;
      const after = this.#processes.with(actor, this.#after(process, request));
      const changed = new Map(contents);
      for (const [key, etag] of request.effect(this.objects)) {
        if (this.#local.has(key)) continue;
        if (etag === undefined) changed.delete(key);
        else changed.set(key, `${etag} ${this.#jumps}`);
      }
      found.push({
        choice: { kind: "request", actor },
        key: this.#keyOf(after, changed, this.#jumps, this.#cuts) + this.#turnKey(actor, switches),
      });
      // Without haste, a process that has crashed is one that is never let on again.
      if (!process.isHurried || this.#cuts === 0) continue;
      const cut = this.#processes.with(actor, { ...process, isCut: true, isHurried: false });
      found.push({
        choice: { kind: "cut", actor },
        key: this.#keyOf(cut, contents, this.#jumps, this.#cuts - 1) +
          this.#turnKey(this.#last, this.#switches),
      });
    }
    const isAnyoneLeft = this.#processes.some(({ hasEnded, isCut }) => !hasEnded && !isCut);
    if (
      this.#jumpsLeft > 0 && this.#switches < (this.limits.switches ?? Infinity) &&
      isAnyoneLeft && !this.#processes.some(({ isHurried }) => isHurried)
    ) {
      const key = this.#keyOf(this.#processes, contents, this.#jumps + 1, this.#cuts) +
        this.#turnKey(-1, this.#switches + 1);
      found.push({ choice: { kind: "time" }, key });
    }
    return found;
  }

  /** Lets something happen, and waits until the process that it concerns asks for more or has ended. */
  async take(choice: Choice): Promise<void> {
    if (choice.kind === "time") {
      this.#jumps++;
      this.#jumpsLeft--;
      this.#switches++;
      // Whoever goes on then, nobody else is kept waiting by it.
      this.#last = -1;
      this.trace.push("leases run out");
      return;
    }
    const process = this.#processes[choice.actor]!;
    if (choice.kind === "cut") {
      process.isCut = true;
      process.isHurried = false;
      this.#cuts--;
      this.trace.push(`${process.name} is cut`);
      return;
    }
    this.#switches = this.#switchesTo(choice.actor);
    this.#last = choice.actor;
    await this.#send(process);
  }

  async #send(process: Process): Promise<void> {
    const request = process.waiting.shift()!;
    Object.assign(process, this.#after(process, request));
    this.trace.push(`${process.name}: ${request.text}`);
    this.#current = process;
    request.go();
    await this.#settle(process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) {
      process.isCut = true;
      for (const { cut } of process.waiting.splice(0)) cut(new Cut("the run is over"));
    }
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #begin({ name, role, run }: Actor): Promise<void> {
    const process: Process = {
      ...{
        name,
        role,
        waiting: [],
        history: "",
        last: "",
        lastPut: "",
        hasEnded: false,
        isCut: false,
      },
      ...{ isHurried: false, ids: 0 },
    };
    this.#processes.push(process);
    this.#current = process;
    const open = async () => {
      const store = new ExploredStore({
        role,
        objects: this.objects,
        leftOut: this.limits.leftOut,
        time: () => this.time,
        wait: (request) => this.#wait(process, request),
      });
      const { datastore } = await openSharedDatastore(store, "tank", { pollMs: 0 });
      return new LocalRepository(datastore);
    };
    const running = run(open).catch((error) => {
      // Locked, fenced, cut: whatever it is, nothing may be lost.
      const reason = error instanceof SuppressedError ? error.error : error;
      if (!(reason instanceof PbsError)) this.#failure ??= error;
      if (!process.isCut) this.trace.push(`${name} ends: ${reason?.message}`);
    }).finally(() => {
      process.hasEnded = true;
      process.isHurried = false;
    });
    this.#running.push(running);
    await this.#settle(process);
  }

  #switchesTo(actor: number): number {
    const last = this.#processes[this.#last];
    const goesOn = last === undefined || actor === this.#last || last.hasEnded || last.isCut;
    return this.#switches + (goesOn ? 0 : 1);
  }

  #turnKey(last: number, switches: number): string {
    return this.limits.switches === undefined ? "" : ` ${last} ${switches}`;
  }

  async #settle(process: Process): Promise<void> {
    do await immediate(); while (process.waiting.length === 0 && !process.hasEnded);
    const text = process.waiting[0]?.text;
    // What concerns nobody else is answered at once, and tells nothing.
    if (text !== undefined && this.#isLocal(process, text)) {
      const put = text.startsWith("put ") ? text.slice(4) : process.lastPut;
      if (put !== process.lastPut) this.#local.add(put);
      await this.#send(process);
    }
  }

  #isLocal({ role, lastPut }: Process, text: string): boolean {
    if (isLocal(role, text, lastPut)) return true;
    // No chunk begins like that.
    return /^list tank\/\.chunks\/.$/.test(text) && !this.limits.chunkPrefixes.has(text.at(-1)!);
  }

  #after(process: Process, request: Request): Process {
    const { text } = request;
    const lastPut = text.startsWith("put ") ? text.slice(4) : process.lastPut;
    if (this.#isLocal(process, text)) return { ...process, lastPut };
    const told = `${text} = ${request.answer(this.objects)} ${this.#jumps}`;
    const isPoll = told === process.last && /list .*\/collections\/\d+\/$/.test(text);
    let { isHurried } = process;
    // The manifest follows its decision, deletions follow `deleting`.
    if (/put .*(decisions\/|\/deleting$)/.test(text)) isHurried = true;
    if (/put .*\/done$|remove .*\/sessions\/./.test(text)) isHurried = false;
    const history = isPoll ? process.history : hash(`${process.history} ${told}`);
    return { ...process, history, last: told, lastPut, isHurried };
  }

  #contents(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [key, { etag, time }] of this.objects) {
      if (this.#local.has(key) || key.startsWith("tank/.shared/files/")) continue;
      found.set(key, `${etag} ${Math.max(0, Math.floor((time - START_SECONDS) / 3600))}`);
    }
    return found;
  }

  #keyOf(
    processes: readonly Process[],
    contents: ReadonlyMap<string, string>,
    jumps: number,
    cuts: number,
  ): string {
    // The same in whatever order they were written.
    let [low, high] = [0, 0];
    for (const [key, text] of contents) {
      const [a, b] = hashWords(`${key} ${text}`);
      [low, high] = [(low + a) | 0, (high + b) | 0];
    }
    const parts = processes.map(({ history, isCut, isHurried }) =>
      `${history}${isCut ? "c" : ""}${isHurried ? "h" : ""}`
    );
    return `${parts.join(" ")} ${low} ${high} ${jumps} ${cuts}`;
  }

  /** Seconds since the epoch, by the store's clock. */
  get time(): number {
    return START_SECONDS + this.#jumps * LEASE_SECONDS * 2;
  }

  #wait(process: Process, request: Request): Promise<void> {
    if (process.isCut) return Promise.reject(new Cut(`${process.name} is cut`));
    return new Promise((go, cut) => process.waiting.push({ ...request, go, cut }));
  }

  /** Bytes that are chance elsewhere: the next ones of the process that runs. */
  fill(bytes: Uint8Array): true {
    const { name = "", ids = 0 } = this.#current ?? {};
    if (this.#current !== undefined) this.#current.ids++;
    bytes.set(createHash("sha256").update(`${name} ${ids}`).digest().subarray(0, bytes.length));
    return true;
  }
}

function hash(text: string): string {
  return hashWords(text).map((word) => (word >>> 0).toString(36)).join(".");
}

/** Two words that are others for another text. */
function hashWords(text: string): [number, number] {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return [a, b];
}
