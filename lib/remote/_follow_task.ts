import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, CorruptDataError, ServerError } from "../errors/mod.ts";
import { isTaskDone, type TaskLog, type TaskLogPart } from "../repository/mod.ts";
import { listOf, RemoteRecord } from "./_remote_records.ts";
import type { RemoteSession } from "./_remote_session.ts";
import { isOutcomeLine, isWarningLine } from "./_server_words.ts";

/** Lines asked for at once (spec: protocol.md §7.8). */
const LOG_LINES = 500;
/** How long an aborted task may take to end. */
const ABORT_PATIENCE_MS = 30_000;
/** Time with numeric offset in front of each line. */
const LINE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d: /;

/** Shows the log of a server's task, from its first line on. */
export class TaskFollower {
  readonly #session: RemoteSession;
  readonly #path: string;
  readonly #log: TaskLog;
  #next = 1;

  /** @param log Receives the lines, without their times. */
  constructor(session: RemoteSession, upid: string, log: TaskLog) {
    this.#session = session;
    this.#path = taskPath(upid);
    this.#log = log;
  }

  /**
   * Goes on where the last call stopped, until the task ends.
   *
   * @param signal Ends the following, not the task.
   * @returns The task's exit status, `OK` or other; undefined if the signal came first.
   */
  async follow(signal?: AbortSignal): Promise<string | undefined> {
    const session = this.#session;
    while (true) {
      if (signal?.aborted) return undefined;
      const { data, attributes } = await session.callWithAttributes("GET", `${this.#path}/log`, {
        limit: LOG_LINES,
        start: this.#next,
        "test-status": true,
      });
      const lines = listOf(data, "task log");
      for (const line of lines) {
        const text = new RemoteRecord(line, "task log").text("t").replace(LINE_TIME, "");
        this.#log(text, isWarningLine(text));
        this.#next++;
      }
      const answer = new RemoteRecord(attributes, "task log");
      if (this.#next <= answer.number("total") && lines.length > 0) continue;
      if (!answer.flag("active")) break;
      await pause(session.taskPollMs, signal);
    }
    return await statusOf(session, this.#path);
  }
}

/** Some lines of a task's log; see {@linkcode RepositoryTasks.readLog}. */
export async function fetchTaskLog(
  session: RemoteSession,
  upid: string,
  from: number,
  limit: number,
): Promise<TaskLogPart> {
  const path = taskPath(upid);
  const { data, attributes } = await session.callWithAttributes("GET", `${path}/log`, {
    limit,
    start: from + 1,
    "test-status": true,
  });
  const lines = listOf(data, "task log").map((line) =>
    new RemoteRecord(line, "task log").text("t")
  );
  const answer = new RemoteRecord(attributes, "task log");
  const isRunning = answer.flag("active");
  return {
    // Where nothing is left, servers answer with a line that says so.
    lines: from >= answer.number("total") ? [] : lines,
    total: answer.number("total"),
    isRunning,
    ...(isRunning ? {} : { status: await statusOf(session, path) }),
  };
}

async function statusOf(session: RemoteSession, path: string): Promise<string> {
  const answer = await session.call("GET", `${path}/status`);
  return new RemoteRecord(answer, "task status").optionalText("exitstatus") ?? "unknown";
}

/** Asks a server's task to stop. */
export async function stopTask(session: RemoteSession, upid: string): Promise<void> {
  await session.call("DELETE", taskPath(upid));
}

/**
 * Waits for the end of a task that was started here.
 *
 * @param upid What the server answered to the start.
 * @param log Receives the task's lines, without their times and without the outcome.
 * @param signal Stops the task.
 * @returns The task's exit status, `OK` or other.
 * @throws {CancelledError} if the signal stopped it.
 */
export async function runToEnd(
  session: RemoteSession,
  upid: unknown,
  log: TaskLog,
  signal?: AbortSignal,
): Promise<string> {
  const id = requireUpid(upid);
  const follower = new TaskFollower(session, id, (line, isProblem) => {
    if (!isOutcomeLine(line)) log(line, isProblem);
  });
  const outcome = await follower.follow(signal);
  if (outcome !== undefined) {
    if (signal?.aborted) throw new CancelledError(`the task was stopped: ${outcome}`);
    return outcome;
  }
  await stopTask(session, id);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ABORT_PATIENCE_MS);
  try {
    const end = await follower.follow(patience.signal);
    throw new CancelledError(
      end === undefined
        ? "the task was told to stop, but is still running"
        : `the task was stopped: ${end}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** As {@linkcode runToEnd}. @throws {ServerError} if the task failed. */
export async function finishTask(
  session: RemoteSession,
  upid: unknown,
  log: TaskLog,
  signal?: AbortSignal,
): Promise<void> {
  const outcome = await runToEnd(session, upid, log, signal);
  if (!isTaskDone(outcome)) throw new ServerError(400, outcome);
}

/** @throws {CorruptDataError} if the server started a task and did not say which. */
export function requireUpid(answer: unknown): string {
  if (typeof answer !== "string") throw new CorruptDataError("the server named no task");
  return answer;
}

/** Percent-encodes every byte of the UPID but letters and digits (spec: protocol.md §3.5). */
function taskPath(upid: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(upid)) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return `nodes/localhost/tasks/${encoded}`;
}

/** Waits for more lines; ends early when the signal comes. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  // Only the signal makes it fail.
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}
