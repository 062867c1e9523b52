import { trimText } from "../../bytes/mod.ts";
import { CancelledError, describeError, NotFoundError } from "../../errors/mod.ts";
import { formatUpid, parseUpid, type Upid } from "../../repository/mod.ts";
import { Task, type TaskEnd, type TaskOutcome, type TaskRecord } from "./task.ts";
import { fitWorkerId } from "./_fit_worker_id.ts";
import { TaskLogFile } from "./task_log_file.ts";

/** Finished tasks that lists still show. */
const MAX_FINISHED = 5000;
const FOLDER_MODE = 0o750;
const NEWLINE = 0x0a;

/** Type, id and starter of a task. */
export interface TaskStart {
  readonly workerType: string;
  /** Before escaping (spec: protocol.md §3.5). */
  readonly workerId: string;
  readonly authId: string;
  /**
   * Whether it is done even where its log cannot be made: what frees space has to run on a disk that
   * is full.
   */
  readonly needsNoLog?: boolean;
}

/** A task that was started. */
export interface StartedTask {
  readonly task: Task;
  /** Resolved with the end of the task, whatever it is. */
  readonly ended: Promise<TaskEnd>;
}

/** Circumstances of a registry. */
export interface TaskRegistryOptions {
  /**
   * Whether another process may be keeping its tasks in the same folder. What that has running is left
   * alone then, and what has run here it finds in the index.
   */
  readonly isGuest?: boolean;
  /** Gets all lines of all logs. */
  readonly shown?: (line: string, isProblem: boolean) => void;
}

/** A part of a task's log. */
export interface TaskLogPart {
  readonly lines: readonly string[];
  /** All lines so far. */
  readonly total: number;
}

/**
 * Runs tasks and remembers them: a log file each in `XX/UPID`, where XX are the low eight bits of
 * the process's start time; `active` lists what runs, `index` what has ended.
 */
export class TaskRegistry {
  readonly #folder: string;
  readonly #isGuest: boolean;
  readonly #shown: TaskRegistryOptions["shown"];
  readonly #node = nodeName();
  readonly #pstart = processStart("self");
  readonly #running = new Map<string, StartedTask>();
  /** Oldest first. */
  readonly #finished: TaskRecord[] = [];
  /** Texts that stand in for logs that could not be made, by task. */
  readonly #withoutLog = new Map<string, string>();
  readonly #listeners: ((record: TaskRecord) => void)[] = [];
  #taskCount = 0;
  /** How much of the index is known. */
  #indexBytes = 0;

  /** @param folder Is created if it is not there. */
  constructor(folder: string, { isGuest = false, shown }: TaskRegistryOptions = {}) {
    this.#folder = folder;
    this.#isGuest = isGuest;
    this.#shown = shown;
    Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    if (!isGuest) this.#load();
  }

  /** Calls somebody with each task that ends, when it has ended. */
  onEnd(listener: (record: TaskRecord) => void): void {
    this.#listeners.push(listener);
  }

  /** Tasks that run now. */
  get running(): readonly StartedTask[] {
    return [...this.#running.values()];
  }

  /** Tasks that the process which is no guest has running. */
  runningElsewhere(): Upid[] {
    return readLines(`${this.#folder}/active`).map(parseOrNothing).filter((upid) =>
      upid !== undefined
    )
      .filter(({ pid, pstart }) => pid !== Deno.pid && processStart(pid) === pstart);
  }

  /** All tasks that are known, newest first. */
  list(): TaskRecord[] {
    this.#catchUp();
    const running: TaskRecord[] = [...this.#running.values()].map(({ task }) => task);
    return [...this.#finished, ...running].sort((a, b) =>
      b.upid.startTime - a.upid.startTime ||
      b.upid.taskId - a.upid.taskId
    );
  }

  /**
   * Starts a task. If it throws, `work` is never called; otherwise always: what the work owns may
   * then be left to it.
   *
   * @param work Does it; what it throws becomes the task's end.
   * @throws {PbsError} if its log cannot be made.
   */
  start(start: TaskStart, work: (task: Task) => Promise<void>): StartedTask {
    const { workerType, workerId, authId, needsNoLog = false } = start;
    const upid = fitWorkerId({
      node: this.#node,
      pid: Deno.pid,
      pstart: this.#pstart,
      taskId: this.#taskCount++,
      startTime: Math.floor(Date.now() / 1000),
      workerType,
      workerId,
      authId,
    });
    const log = this.#openLog(upid, needsNoLog);
    const task = new Task(upid, log, this.#shown);
    const started = { task, ended: this.#run(task, log, work) };
    this.#running.set(task.id, started);
    this.#writeActive();
    return started;
  }

  #openLog(upid: Upid, needsNoLog: boolean): TaskLogFile | undefined {
    try {
      return new TaskLogFile(this.#logPath(upid));
    } catch (error) {
      if (!needsNoLog) throw error;
      this.#withoutLog.set(formatUpid(upid), `WARN: ${describeError(error).join(": ")}\n`);
      return undefined;
    }
  }

  async #run(
    task: Task,
    log: TaskLogFile | undefined,
    work: (task: Task) => Promise<void>,
  ): Promise<TaskEnd> {
    let status = "OK";
    let outcome: TaskOutcome = "ok";
    try {
      // The caller has the task in its hands before any work is done.
      await Promise.resolve();
      await work(task);
      if (task.warnings > 0) {
        status = `WARNINGS: ${task.warnings}`;
        outcome = "warning";
      }
    } catch (error) {
      outcome = "error";
      status = error instanceof CancelledError && task.signal.aborted
        ? "task aborted"
        : describeError(error).join(": ").split("\n")[0]!;
    }
    log?.write(`TASK ${outcome === "error" ? "ERROR: " : ""}${status}`);
    log?.[Symbol.dispose]();
    const end = { time: Math.floor(Date.now() / 1000), status, outcome };
    this.#running.delete(task.id);
    const record = { upid: task.upid, id: task.id, end };
    this.#remember(record);
    this.#append("index", formatRecord(task.id, end));
    this.#writeActive();
    for (const listener of this.#listeners) listener(record);
    return end;
  }

  /** A task that runs or has run; undefined if there never was such a task. */
  find(upid: Upid): TaskRecord | undefined {
    const id = formatUpid(upid);
    const known = this.#running.get(id)?.task ?? this.#findFinished(id);
    if (known !== undefined) return known;
    this.#catchUp();
    return this.#findFinished(id);
  }

  #findFinished(id: string): TaskRecord | undefined {
    return this.#finished.findLast((record) => record.id === id);
  }

  /** Asks a task to stop, if it runs. */
  abort(upid: Upid): void {
    this.#running.get(formatUpid(upid))?.task.abort(new CancelledError("task aborted"));
  }

  /**
   * Reads a part of a task's log.
   *
   * @param start First line, counted from 1; 0 is the same.
   * @param limit How many lines; 0 for all.
   * @throws {NotFoundError} if there is no such log.
   */
  async readLog(upid: Upid, start: number, limit: number): Promise<TaskLogPart> {
    const lines = (await this.readWholeLog(upid)).split("\n");
    if (lines.at(-1) === "") lines.pop();
    const from = Math.max(start - 1, 0);
    return {
      lines: lines.slice(from, limit === 0 ? undefined : from + limit),
      total: lines.length,
    };
  }

  /** The text of a task's log. @throws {NotFoundError} if there is no such log. */
  async readWholeLog(upid: Upid): Promise<string> {
    const substitute = this.#withoutLog.get(formatUpid(upid));
    if (substitute !== undefined) return substitute;
    try {
      return await Deno.readTextFile(this.#logPath(upid));
    } catch (cause) {
      throw new NotFoundError("the task has no log", { cause });
    }
  }

  /** Resolves when no task is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all(this.running.map(({ ended }) => ended));
    }
  }

  #logPath(upid: Upid): string {
    const low = (upid.pstart % 256).toString(16).toUpperCase().padStart(2, "0");
    return `${this.#folder}/${low}/${formatUpid(upid)}`;
  }

  #remember(record: TaskRecord): void {
    this.#finished.push(record);
    if (this.#finished.length > MAX_FINISHED) this.#withoutLog.delete(this.#finished.shift()!.id);
  }

  #writeActive(): void {
    if (this.#isGuest) return;
    const text = [...this.#running.keys()].map((id) => `${id}\n`).join("");
    try {
      Deno.writeTextFileSync(`${this.#folder}/active`, text);
    } catch {
      // Only a restart looks at it; tasks go on when the disk is full.
    }
  }

  #append(name: string, line: string): void {
    try {
      Deno.writeTextFileSync(`${this.#folder}/${name}`, line, { append: true });
    } catch {
      // As above.
    }
  }

  /** Takes over what guests have added to the index meanwhile. */
  #catchUp(): void {
    if (this.#isGuest) return;
    for (const line of this.#readIndex().split("\n")) {
      if (this.#findFinished(line.split(" ", 1)[0]!) === undefined) this.#rememberLine(line);
    }
  }

  /** The whole lines that were added to the index since it was read. */
  #readIndex(): string {
    const path = `${this.#folder}/index`;
    try {
      const { size } = Deno.statSync(path);
      if (size <= this.#indexBytes) return "";
      using file = Deno.openSync(path);
      file.seekSync(this.#indexBytes, Deno.SeekMode.Start);
      const bytes = new Uint8Array(size - this.#indexBytes);
      const end = bytes.subarray(0, file.readSync(bytes) ?? 0).lastIndexOf(NEWLINE) + 1;
      this.#indexBytes += end;
      return new TextDecoder().decode(bytes.subarray(0, end));
    } catch {
      return "";
    }
  }

  #rememberLine(line: string): void {
    const match = /^(\S+) ([0-9A-Fa-f]{1,16}) (.*)$/.exec(line);
    const upid = match && parseOrNothing(match[1]!);
    if (!match || !upid) return;
    const status = match[3]!;
    const end = { time: parseInt(match[2]!, 16), status, outcome: outcomeOf(status) };
    this.#remember({ upid, id: formatUpid(upid), end });
  }

  /** Reads what earlier processes left; what they had running has ended somehow. */
  #load(): void {
    const text = this.#readIndex();
    for (const line of text.split("\n").slice(-MAX_FINISHED)) this.#rememberLine(line);
    for (const line of readLines(`${this.#folder}/active`)) {
      const upid = parseOrNothing(line);
      if (upid === undefined || this.find(upid) !== undefined) continue;
      const end: TaskEnd = { time: upid.startTime, status: "unknown", outcome: "unknown" };
      this.#remember({ upid, id: formatUpid(upid), end });
      this.#append("index", formatRecord(formatUpid(upid), end));
    }
    this.#writeActive();
  }
}

function formatRecord(id: string, { time, status }: TaskEnd): string {
  return `${id} ${time.toString(16).toUpperCase().padStart(8, "0")} ${status}\n`;
}

/** The index of tasks has the text alone. */
function outcomeOf(status: string): TaskOutcome {
  if (status === "OK") return "ok";
  if (/^WARNINGS: \d+$/.test(status)) return "warning";
  return status === "unknown" ? "unknown" : "error";
}

function parseOrNothing(text: string): Upid | undefined {
  try {
    return parseUpid(text);
  } catch {
    return undefined;
  }
}

function readLines(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

/** The short host name, as far as a task identifier can hold it. */
function nodeName(): string {
  const name = trimText(Deno.hostname().split(".")[0]!.replaceAll(/[^A-Za-z0-9-]/g, ""), "-");
  return name || "localhost";
}

/** Start of a process in clock ticks, as the kernel tells it; 0 if there is none. */
function processStart(pid: number | "self"): number {
  const stat = readLines(`/proc/${pid}/stat`)[0] ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0) || 0;
}
