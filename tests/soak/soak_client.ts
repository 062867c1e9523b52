import { setTimeout as delay } from "node:timers/promises";
import { Chance } from "../support/chance.ts";
import { listTree } from "../support/list_tree.ts";
import { type ClientRun, spawnClient } from "../support/run_client.ts";
import type { SoakCounts } from "./soak_counts.ts";
import type { FaultTimes } from "./soak_faults.ts";
import type { SoakGate } from "./soak_gate.ts";

const FILES = 24;
const FILE_BYTES_MAX = 60_000;
/** A run that takes longer hangs. */
const RUN_LIMIT_MS = 90_000;
/** Snapshots that every prune keeps at least. */
const KEPT_MIN = 2;
/** Time between a failed run and the next one, in milliseconds: failing is quick. */
const PAUSE_AFTER_FAILURE_MS = 300;

/** What a run says while garbage is collected, or while others write and it would collect some. */
const LOCKED = /is locked: (another process|garbage collection is running)/;
/** What the first run after one that was killed says, until the server has noticed. */
const STILL_HELD = /unable to acquire backup group lock|is locked: it is being used|being written/;

/** What all clients of a soak share. */
export interface SoakSurroundings {
  readonly scratch: string;
  readonly counts: SoakCounts;
  readonly times: FaultTimes;
  readonly gate: SoakGate;
  /** Ends the soak early. */
  readonly failed: AbortController;
}

/** A client with a group and a source of its own, who knows what each of its snapshots holds. */
export class SoakClient {
  readonly group: string;
  readonly #source: string;
  readonly #chance: Chance;
  /** By time: what the source was when the snapshot was made, whether or not that succeeded. */
  readonly made = new Map<number, string>();
  /** Times of what was acknowledged. */
  readonly acknowledged: number[] = [];
  #time = 1_700_000_000;
  #usualMs = 500;
  #lastKilled = false;

  /** @param env Names the repository. @param served Whether that is a server. */
  constructor(
    readonly number: number,
    readonly env: Record<string, string>,
    readonly served: boolean,
    readonly around: SoakSurroundings,
    seed: number,
  ) {
    this.group = `host/soak-${number}`;
    this.#source = `${around.scratch}/source-${number}`;
    this.#chance = new Chance(seed);
  }

  /** Works until the time is over. */
  async work(until: number): Promise<void> {
    while (performance.now() < until && !this.around.failed.signal.aborted) {
      const before = this.around.counts.excused;
      await this.around.gate.beside(() => this.#act(this.#chance.below(100)));
      if (this.around.counts.excused > before) await delay(PAUSE_AFTER_FAILURE_MS);
    }
  }

  async #act(choice: number): Promise<void> {
    if (choice < 46 || this.acknowledged.length === 0) await this.#backUp();
    else if (choice < 60) await this.#restoreOne();
    else if (choice < 72) await this.#prune();
    else if (choice < 86) await this.#collect();
    else await this.#verify();
  }

  async #backUp(): Promise<void> {
    this.#change();
    const time = this.#time += 10;
    this.made.set(time, await listTree(this.#source));
    const { counts } = this.around;
    counts.backups++;
    const started = performance.now();
    const done = await this.#run([
      ...["backup", `tree.pxar:${this.#source}`, "--backup-time", `${time}`],
      ...["--backup-id", `soak-${this.number}`],
    ]);
    if (!done) return;
    this.#usualMs = performance.now() - started;
    this.acknowledged.push(time);
    counts[this.served ? "servedBackups" : "localBackups"]++;
  }

  /**
   * Times of acknowledged backups that no prune may have removed: of the newest two. A backup that
   * was killed may have been finished without anybody hearing of it, so all attempts count.
   */
  keptForCertain(): number[] {
    return [...this.made.keys()].slice(-KEPT_MIN)
      .filter((time) => this.acknowledged.includes(time));
  }

  /** Restores a random one of those that must be there. */
  async #restoreOne(): Promise<void> {
    const newest = this.keptForCertain();
    if (newest.length === 0) return;
    const time = newest[this.#chance.below(newest.length)]!;
    if (await this.restore(time, (args) => this.#run(args))) this.around.counts.restores++;
  }

  /**
   * Restores a snapshot and compares it.
   *
   * @returns Whether the restore ended well.
   * @throws If it ended well and is something else than what was backed up.
   */
  async restore(time: number, run: (args: string[]) => Promise<boolean>): Promise<boolean> {
    const target = `${this.around.scratch}/target-${this.number}`;
    const snapshot = `${this.group}/${new Date(time * 1000).toISOString().replace(".000", "")}`;
    try {
      if (!await run(["restore", snapshot, "tree.pxar", target])) return false;
      if (await listTree(target) !== this.made.get(time)) {
        throw new Error(`${snapshot} is not what was backed up`);
      }
      return true;
    } finally {
      await Deno.remove(target, { recursive: true }).catch(() => {});
    }
  }

  async #prune(): Promise<void> {
    const keep = `${KEPT_MIN + this.#chance.below(3)}`;
    if (await this.#run(["prune", this.group, "--keep-last", keep])) this.around.counts.prunes++;
  }

  async #collect(): Promise<void> {
    const now = this.#chance.below(2) === 0 && !this.served;
    const options = now ? ["--cutoff", "0"] : [];
    if (await this.#run(["garbage-collect", ...options])) this.around.counts.collections++;
  }

  async #verify(): Promise<void> {
    const store = `${this.around.scratch}/disk/store`;
    if (await this.#run(["datastore", "verify", store])) this.around.counts.verifications++;
  }

  /** Changes a few files, so that there is something to store and something to find again. */
  #change(): void {
    Deno.mkdirSync(this.#source, { recursive: true });
    const fresh = this.made.size === 0 ? FILES : 1 + this.#chance.below(5);
    for (let i = 0; i < fresh; i++) {
      const name = this.made.size === 0 ? i : this.#chance.below(FILES);
      const bytes = new Uint8Array(1 + this.#chance.below(FILE_BYTES_MAX));
      crypto.getRandomValues(bytes);
      Deno.writeFileSync(`${this.#source}/file-${name}`, bytes);
    }
  }

  /**
   * Runs the program, and kills it now and then.
   *
   * @returns Whether it succeeded.
   * @throws If it failed although nothing was done to it, or hangs.
   */
  async #run(args: readonly string[]): Promise<boolean> {
    const { counts, times } = this.around;
    const started = performance.now();
    const lastKilled = this.#lastKilled;
    this.#lastKilled = false;
    const child = spawnClient(args, { env: this.env, output: "piped" });
    const output = child.output();
    let killed = false;
    const stop = new AbortController();
    if (this.#chance.below(4) === 0) {
      const delayMs = this.#usualMs * (20 + this.#chance.below(100)) / 100;
      void delay(delayMs).then(() => {
        if (!stop.signal.aborted) killed = tryKill(child);
      });
    }
    let hangs = false;
    const limit = setTimeout(() => hangs = tryKill(child), RUN_LIMIT_MS);
    const { code, signal, stderr, stdout } = await output;
    clearTimeout(limit);
    stop.abort();
    const decoder = new TextDecoder();
    const run: ClientRun = {
      code,
      signal,
      stderr: decoder.decode(stderr),
      stdout: decoder.decode(stdout),
    };
    if (hangs) throw new Error(describeRun(args, "hangs", run));
    if (signal !== null) {
      if (!killed) throw new Error(describeRun(args, `was ended by ${signal}`, run));
      counts.killedClients++;
      this.#lastKilled = true;
      return false;
    }
    if (code === 0) return true;
    const full = times.happened("disk", started);
    if (full && /No space left/.test(run.stderr + run.stdout)) counts.endedByFullDisk++;
    const excuse = full || (this.served && times.happened("server", started)) ||
      LOCKED.test(run.stderr) || (this.served && lastKilled && STILL_HELD.test(run.stderr));
    if (!excuse) throw new Error(describeRun(args, `ended with ${code}`, run));
    counts.excused++;
    return false;
  }
}

function tryKill(child: Deno.ChildProcess): boolean {
  try {
    child.kill("SIGKILL");
    return true;
  } catch {
    // It has just ended by itself.
    return false;
  }
}

function describeRun(args: readonly string[], what: string, run: ClientRun): string {
  return `pbs-client ${args.join(" ")} ${what}:\n${run.stdout}${run.stderr}`;
}
