/** What processes took while something ran. */
export interface Footprint {
  /** Processor time of the whole process tree, user and system. */
  readonly cpuSeconds: number;
  /** Largest sum of resident memory over the whole process tree that was seen, MB (10^6). */
  readonly peakMegabytes: number;
}

/** What a command cost. */
export interface Measurement extends Footprint {
  /** Wall clock. */
  readonly seconds: number;
  readonly exitCode: number;
  /** What a process took that ran before, meanwhile and after: the server. */
  readonly server?: Footprint | undefined;
}

const PAGE_BYTES = 4096;
const TICKS_PER_SECOND = 100;
const POLL_MS = 15;
/** Looking for children reads the whole process table, which costs more than what is measured. */
const POLLS_PER_SEARCH = 8;

/** A process with all its descendants. */
function findTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of Deno.readDirSync("/proc")) {
    const id = Number(entry.name);
    if (!Number.isInteger(id)) continue;
    const fields = statFields(id);
    if (fields !== undefined) parents.set(id, Number(fields[1]));
  }
  const inside = new Set([root]);
  for (let size = 0; size < inside.size;) {
    size = inside.size;
    for (const [id, parent] of parents) if (inside.has(parent)) inside.add(id);
  }
  return [...inside];
}

/** The fields of `/proc/ID/stat` behind the name; nothing once the process has ended. */
function statFields(id: number): string[] | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${id}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Watches a process and its descendants from its making until it is stopped. */
export class ProcessMeter {
  readonly #root: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #tree: number[];
  #polls = 0;
  #firstTicks = 0;
  #ticks = 0;
  #peakBytes = 0;

  /** @param startsFromZero Whether the time that the process has taken before counts as well. */
  constructor(root: number, startsFromZero = false) {
    this.#root = root;
    this.#tree = findTree(root);
    this.#poll();
    if (!startsFromZero) this.#firstTicks = this.#ticks;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  /** Ends watching. */
  stop(): Footprint {
    clearInterval(this.#timer);
    this.#poll();
    return {
      cpuSeconds: (this.#ticks - this.#firstTicks) / TICKS_PER_SECOND,
      peakMegabytes: this.#peakBytes / 1e6,
    };
  }

  #poll(): void {
    if (++this.#polls % POLLS_PER_SEARCH === 0) this.#tree = findTree(this.#root);
    let bytes = 0;
    let ticks = 0;
    for (const id of this.#tree) {
      const fields = statFields(id);
      if (fields === undefined) continue;
      // utime, stime, and those of children that have ended; then, at 21, resident pages.
      for (const at of [11, 12, 13, 14]) ticks += Number(fields[at]);
      bytes += Number(fields[21]) * PAGE_BYTES;
    }
    this.#ticks = Math.max(this.#ticks, ticks);
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
  }
}

/**
 * Runs a shell command and measures it with everything it starts.
 *
 * @param command For `bash -c`.
 * @param env Added to the environment.
 * @param logPath Where its output goes.
 * @param serverId A process to be measured beside it.
 */
export async function measure(
  command: string,
  env: Record<string, string>,
  logPath: string,
  serverId?: number,
): Promise<Measurement> {
  const server = serverId === undefined ? undefined : new ProcessMeter(serverId);
  const started = performance.now();
  const child = new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", `{ ${command}\n} >'${logPath}' 2>&1`],
    env,
    stdin: "null",
  }).spawn();
  const meter = new ProcessMeter(child.pid, true);
  const status = await child.status;
  const seconds = (performance.now() - started) / 1000;
  return { seconds, ...meter.stop(), exitCode: status.code, server: server?.stop() };
}
