import {
  type LockWait,
  type Repository,
  type RepositoryTasks,
  type TaskLog,
  waitForLock,
} from "../../lib/repository/mod.ts";
import type { CommandContext } from "../command_context.ts";
import type { OutputFormat } from "../output/output.ts";
import { followServerTask } from "./follow_server_task.ts";
import { runTask } from "./run_task.ts";

/** Long work in its two forms. */
export interface LongWork {
  /** Starts it as a task of a server. @returns The task's UPID. */
  readonly start: (tasks: RepositoryTasks) => Promise<string>;
  /** Does it in this process. */
  readonly work: (log: TaskLog, signal: AbortSignal) => Promise<void>;
}

/**
 * Does long work where the repository does it: as a task of the server, or here (spec: cli.md §4.6).
 *
 * @param wait Patience with locks of a task; the repository has its own for work here.
 * @throws {PbsError} if it failed.
 */
export async function runLongWork(
  context: CommandContext,
  format: OutputFormat,
  { tasks }: Repository,
  { start, work }: LongWork,
  wait: LockWait | undefined,
): Promise<void> {
  if (tasks !== undefined) {
    return await waitForLock(
      wait,
      async () => await followServerTask(context, format, tasks, await start(tasks)),
    );
  }
  await runTask(context, format, async (log, signal) => {
    await work(log, signal);
    return { ok: true };
  });
}
