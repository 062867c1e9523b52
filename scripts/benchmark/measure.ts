/** What processes took while something ran. */
export interface Footprint {
  /** Processor time of the whole process tree, user and system. */
  readonly cpuSeconds: number;
  /** Largest sum of resident memory over the whole process tree that was seen, MB (10^6). */
  readonly peakMegabytes: number;
  /** Most resident memory that one process of the tree ever had, as the kernel notes it, MB. */
  readonly largestMegabytes: number;
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
/** Looking for children reads a file for each thread. */
const POLLS_PER_SEARCH = 8;

/** A process with all its descendants. */
function findTree(root: number): number[] {
  const tree = [root];
  for (const id of tree) tree.push(...childrenOf(id));
  return tree;
}

/** Children that any thread of a process has made; none once it has ended. */
function childrenOf(id: number): number[] {
  try {
    return [...Deno.readDirSync(`/proc/${id}/task`)].flatMap(({ name }) => {
      const children = Deno.readTextFileSync(`/proc/${id}/task/${name}/children`);
      return children.split(" ").filter(Boolean).map(Number);
    });
  } catch {
    return [];
  }
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

/** Most resident memory that a process has had until now. */
function peakBytesOf(id: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${id}/status`);
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
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
  #largestBytes = 0;

  /** @param startsFromZero Whether the time that the process has taken before counts as well. */
  constructor(root: number, startsFromZero = false) {
    this.#root = root;
    // Not every kernel has been built with it; throws where descendants could not be found.
    Deno.statSync("/proc/thread-self/children");
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
      largestMegabytes: this.#largestBytes / 1e6,
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
      this.#largestBytes = Math.max(this.#largestBytes, peakBytesOf(id));
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
 * @param signal Ends the command.
 */
export async function measure(
  command: string,
  env: Record<string, string>,
  logPath: string,
  serverId?: number,
  signal?: AbortSignal,
): Promise<Measurement> {
  const server = serverId === undefined ? undefined : new ProcessMeter(serverId);
  const started = performance.now();
  const child = new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", `{ ${command}\n} >'${logPath}' 2>&1`],
    env,
    stdin: "null",
    ...signal === undefined ? {} : { signal },
  }).spawn();
  const meter = new ProcessMeter(child.pid, true);
  const status = await child.status;
  const seconds = (performance.now() - started) / 1000;
  return { seconds, ...meter.stop(), exitCode: status.code, server: server?.stop() };
}
