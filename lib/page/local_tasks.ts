import { localUpid } from "../datastore/mod.ts";
import { describeError, NotFoundError, PbsError } from "../errors/mod.ts";
import {
  formatGroupPath,
  formatSnapshotPath,
  type ListTasks,
  parseUpid,
  type PruneRequest,
  type Repository,
  type TaskInfo,
  type TaskLog,
  type TaskLogPart,
  type VerifyRequest,
} from "../repository/mod.ts";
import type { PageTaskSource } from "./page_source.ts";

/** Tasks that are remembered after their end. */
const MAX_ENDED = 50;
/** Lines of a log that are kept; what comes after them is counted. */
const MAX_LINES = 20_000;
/** Tasks at a time. */
const MAX_RUNNING = 4;

interface LocalTask {
  readonly info: TaskInfo;
  readonly lines: string[];
  leftOut: number;
  warnings: number;
  end: { readonly time: number; readonly status: string } | undefined;
  readonly abort: AbortController;
  ended: Promise<void>;
}

type Work = (log: TaskLog, signal: AbortSignal) => Promise<void>;

/** Long work on a datastore directory, done by this process for as long as it runs. */
export class LocalTasks implements PageTaskSource {
  readonly #repository: Repository;
  /** In the order in which they began. */
  readonly #tasks = new Map<string, LocalTask>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** See {@linkcode PageTaskSource.list}. */
  list({ all, limit }: ListTasks): Promise<TaskInfo[]> {
    const tasks = [...this.#tasks.values()].reverse().filter(({ end }) => all || !end);
    return Promise.resolve(
      tasks.slice(0, limit).map(({ info, end }) => ({
        ...info,
        ...(end === undefined ? {} : { endTime: end.time, status: end.status }),
      })),
    );
  }

  /** See {@linkcode PageTaskSource.readLog}. */
  // deno-lint-ignore require-await -- it throws as the others do
  async readLog(upid: string, from: number, limit: number): Promise<TaskLogPart> {
    const { lines, end } = this.#find(upid);
    return {
      lines: lines.slice(from, from + limit),
      total: lines.length,
      isRunning: end === undefined,
      status: end?.status,
    };
  }

  /** See {@linkcode PageTaskSource.stop}. */
  // deno-lint-ignore require-await -- it throws as the others do
  async stop(upid: string): Promise<void> {
    this.#find(upid).abort.abort();
  }

  /** See {@linkcode PageTaskSource.startGarbageCollection}. */
  startGarbageCollection(): Promise<string> {
    return this.#start(
      "garbage_collection",
      this.#repository.displayName,
      (log, signal) => this.#repository.garbageCollect(log, signal),
    );
  }

  /** See {@linkcode PageTaskSource.startVerification}. */
  startVerification(request: VerifyRequest): Promise<string> {
    const { namespace, group, time } = request;
    const what = group === undefined
      ? this.#repository.displayName
      : time === undefined
      ? formatGroupPath(group)
      : formatSnapshotPath({ ...group, time });
    return this.#start(
      "verify",
      namespace === "" ? what : `${namespace}: ${what}`,
      async (log, signal) => {
        const { ok } = await this.#repository.verify(request, log, signal);
        if (!ok) throw new PbsError("verification failed - please check the log for details");
      },
    );
  }

  /** See {@linkcode PageTaskSource.startPrune}. */
  startPrune(request: PruneRequest): Promise<string> {
    return this.#start("prune", formatGroupPath(request.group), async (log) => {
      for (const decision of await this.#repository.prune(request, log)) {
        log(`${decision.stayed ? "stayed" : decision.mark} ${formatSnapshotPath(decision)}`);
      }
    });
  }

  /** Ends what runs, and waits for that. */
  async close(): Promise<void> {
    const tasks = [...this.#tasks.values()];
    for (const { abort } of tasks) abort.abort();
    await Promise.all(tasks.map(({ ended }) => ended));
  }

  #find(upid: string): LocalTask {
    const task = this.#tasks.get(upid);
    if (task === undefined) throw new NotFoundError("there is no such task in this process");
    return task;
  }

  // deno-lint-ignore require-await -- it throws as the others do
  async #start(workerType: string, workerId: string, work: Work): Promise<string> {
    const running = [...this.#tasks.values()].filter(({ end }) => end === undefined);
    if (running.length >= MAX_RUNNING) {
      throw new PbsError("too many tasks are running, try again when one has ended");
    }
    const upid = localUpid(workerType, workerId);
    const { node, pid, pstart, startTime, authId } = parseUpid(upid);
    const task: LocalTask = {
      info: { upid, node, pid, pstart, startTime, workerType, workerId, user: authId },
      lines: [],
      leftOut: 0,
      warnings: 0,
      end: undefined,
      abort: new AbortController(),
      ended: Promise.resolve(),
    };
    this.#tasks.set(upid, task);
    task.ended = run(task, work);
    this.#forgetOldest();
    return upid;
  }

  #forgetOldest(): void {
    const ended = [...this.#tasks].filter(([, { end }]) => end !== undefined);
    for (const [upid] of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) {
      this.#tasks.delete(upid);
    }
  }
}

async function run(task: LocalTask, work: Work): Promise<void> {
  const write = (line: string) => {
    if (task.lines.length < MAX_LINES) task.lines.push(`${new Date().toISOString()}: ${line}`);
    else task.leftOut++;
  };
  let status: string;
  try {
    await work((line, isProblem) => {
      if (isProblem) task.warnings++;
      write(line);
    }, task.abort.signal);
    status = task.warnings > 0 ? `WARNINGS: ${task.warnings}` : "OK";
  } catch (error) {
    status = task.abort.signal.aborted ? "was stopped" : describeError(error).join(": ");
  }
  if (task.leftOut > 0) task.lines.push(`${task.leftOut} more lines are left out`);
  task.lines.push(`TASK ${/^(OK|WARN)/.test(status) ? status : `ERROR: ${status}`}`);
  task.end = { time: Math.floor(Date.now() / 1000), status };
}
