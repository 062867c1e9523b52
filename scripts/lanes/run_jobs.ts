/** Minutes after which a job is ended, and has failed. */
const LIMIT_MINUTES = 20;

/** Something to run: its process ends on its own, and its last lines say how many tests passed. */
export interface Job {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it counts as one check, whatever it prints. */
  readonly isCheck?: boolean;
}

/** Numbers of tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Those left out for want of a peer. */
  readonly ignored: number;
}

/** How a job ended. */
export interface JobEnd extends Counts {
  readonly name: string;
  /** What it printed. */
  readonly output: string;
  /** Why it counts as failed although no test of it did. */
  readonly problem?: string;
  readonly seconds: number;
  /** Seconds of processors, of everything it waited for. */
  readonly processorSeconds: number;
}

/**
 * Runs jobs in their order, some at a time: each lane takes the next one as soon as it has nothing to
 * do. Each is a process group of its own, in which no signal is ignored.
 *
 * @param folder Where their output is kept.
 * @param onEnd Told as soon as one has ended.
 */
export async function runJobs(
  jobs: readonly Job[],
  lanes: number,
  folder: string,
  onEnd: (end: JobEnd) => void,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const left = jobs.values();
  const running = new Set<Deno.ChildProcess>();
  const end = () => {
    for (const { pid } of running) endJob(pid);
    Deno.exit(1);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, end);
  // All of them take from the same iterator.
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (const job of left) onEnd(await runJob(job, folder, running));
  }));
  for (const signal of signals) Deno.removeSignalListener(signal, end);
}

/** Ends a job that nobody waits for any more: signals do not reach what has a process group of its own. */
function endJob(pid: number): void {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  // `timeout` passes it on to all of its group.
  for (const child of children.split(" ")) if (child !== "") Deno.kill(Number(child), "SIGTERM");
}

/** Prints seconds of the wall and of processors to where the job itself cannot print. */
const MEASURED = 'TIMEFORMAT="%R %U %S"; time "${@:2}" >"$1" 2>&1';

async function runJob(
  job: Job,
  folder: string,
  running: Set<Deno.ChildProcess>,
): Promise<JobEnd> {
  const log = `${folder}/${job.name.replaceAll(/[^\w.-]+/g, "_")}.log`;
  // Without a terminal: who asks for something there would be stopped, not being in the foreground.
  const limit = ["setsid", "timeout", "--kill-after=10", `${LIMIT_MINUTES}m`];
  const child = new Deno.Command("bash", {
    args: ["-c", MEASURED, "bash", log, ...limit, ...job.command],
    env: { NO_COLOR: "1", ...job.env },
    stdin: "null",
    stderr: "piped",
  }).spawn();
  running.add(child);
  const { code, stderr } = await child.output();
  running.delete(child);
  const [seconds = 0, user = 0, system = 0] = new TextDecoder().decode(stderr).trim().split("\n")
    .at(-1)!.split(" ").map(Number);
  const output = await Deno.readTextFile(log);
  const counts = job.isCheck
    ? { passed: code === 0 ? 1 : 0, failed: 0, ignored: 0 }
    : count(output);
  const problem = code === 0 || counts.failed > 0 ? undefined : endOf(code);
  return {
    name: job.name,
    output,
    ...counts,
    ...problem === undefined ? {} : { problem, failed: 1 },
    seconds,
    processorSeconds: user + system,
  };
}

function endOf(code: number): string {
  return code === 124 || code === 137
    ? `it was ended after ${LIMIT_MINUTES} minutes`
    : `it ended with code ${code}`;
}

/** Sums up the closing lines of Deno and Cargo; what tests print may count other things. */
function count(output: string): Counts {
  const closing = output.split("\n").filter((line) =>
    /^(?:(?:ok|FAILED) \||test result:)/.test(line)
  );
  const sum = (word: string) =>
    closing.reduce(
      (all, line) => all + Number(new RegExp(`(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0),
      0,
    );
  return { passed: sum("passed"), failed: sum("failed"), ignored: sum("ignored") };
}
