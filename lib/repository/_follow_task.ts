import { CancelledError, CorruptDataError, ServerError } from "../errors/mod.ts";
import { listOf, RemoteRecord } from "./_remote_records.ts";
import type { RemoteSession } from "./_remote_session.ts";
import type { TaskLog } from "./repository.ts";

/** Lines asked for at once (spec: protocol.md §7.8). */
const LOG_LINES = 500;
/** How long an aborted task may take to end. */
const ABORT_PATIENCE_MS = 30_000;
/** Time with numeric offset in front of each line. */
const LINE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d: /;
/** The last line of a finished task. */
const OUTCOME = /^TASK (?:OK|ERROR|WARNINGS)/;

/**
 * Shows the log of a server's task until it ends.
 *
 * @param upid The task's identifier.
 * @param log Receives its lines, without their times and without the outcome.
 * @param signal Stops the task.
 * @returns The task's exit status, `OK` or other.
 * @throws {CancelledError} if the signal stopped it.
 */
export async function followTask(
  session: RemoteSession,
  upid: unknown,
  log: TaskLog,
  signal?: AbortSignal,
): Promise<string> {
  if (typeof upid !== "string") throw new CorruptDataError("the server named no task");
  const path = `nodes/localhost/tasks/${encodeEverything(upid)}`;
  let next = 1;
  let abortedAtMs: number | undefined;
  while (true) {
    if (signal?.aborted) {
      if (abortedAtMs === undefined) {
        abortedAtMs = Date.now();
        await session.call("DELETE", path);
      } else if (Date.now() - abortedAtMs > ABORT_PATIENCE_MS) {
        throw new CancelledError("the task was told to stop, but is still running");
      }
    }
    const { data, attributes } = await session.callWithAttributes("GET", `${path}/log`, {
      limit: LOG_LINES,
      start: next,
      "test-status": true,
    });
    const lines = listOf(data, "task log");
    for (const line of lines) {
      const text = new RemoteRecord(line, "task log").text("t").replace(LINE_TIME, "");
      if (!OUTCOME.test(text)) log(text);
      next++;
    }
    const answer = new RemoteRecord(attributes, "task log");
    if (next <= answer.number("total") && lines.length > 0) continue;
    if (!answer.flag("active")) break;
    await pause(session.taskPollMs, abortedAtMs === undefined ? signal : undefined);
  }
  const status = new RemoteRecord(await session.call("GET", `${path}/status`), "task status");
  const outcome = status.optionalText("exitstatus") ?? "unknown";
  if (signal?.aborted) throw new CancelledError(`the task was stopped: ${outcome}`);
  return outcome;
}

/** As {@linkcode followTask}. @throws {ServerError} if the task failed. */
export async function finishTask(
  session: RemoteSession,
  upid: unknown,
  log: TaskLog,
  signal?: AbortSignal,
): Promise<void> {
  const outcome = await followTask(session, upid, log, signal);
  if (outcome !== "OK" && !outcome.startsWith("WARNINGS")) throw new ServerError(400, outcome);
}

/** Percent-encodes every byte but letters and digits (spec: protocol.md §3.5). */
function encodeEverything(text: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Waits for more lines; ends early when the signal comes. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
