import { describeError } from "../../lib/errors/mod.ts";
import { type RepositoryTasks, taskFailure } from "../../lib/repository/mod.ts";
import type { CommandContext } from "../command_context.ts";
import type { OutputFormat } from "../output/output.ts";
import { catchInterrupts } from "../signals/catch_interrupts.ts";

/**
 * Shows a task that was just started until it ends; with JSON only its UPID, without waiting. The first
 * Ctrl-C stops the task, the second leaves it alone and ends the command (spec: cli.md §4.6).
 *
 * @throws {PbsError} if the task failed.
 */
export async function followServerTask(
  context: CommandContext,
  format: OutputFormat,
  tasks: RepositoryTasks,
  upid: string,
): Promise<void> {
  const { output } = context;
  if (format !== "text") return output.printJson(upid, format);
  const forced = new AbortController();
  using _interrupts = catchInterrupts((count) => {
    output.log("info", "got shutdown request (SIGINT)");
    if (count > 1) return forced.abort();
    tasks.stop(upid).catch((error) => {
      output.log("error", `cannot stop the task: ${describeError(error)[0]}`);
    });
  });
  const status = await Promise.race([
    tasks.follow(upid, (line, isProblem) => {
      if (!output.isQuiet || isProblem) output.printLine(line);
    }, forced.signal),
    // Not when the server answers the question that is under way.
    new Promise<undefined>((resolve) =>
      forced.signal.addEventListener("abort", () => resolve(undefined))
    ),
  ]);
  if (status === undefined) output.log("info", "forced exit (task still running)");
  else requireSuccess(status);
}

/**
 * Shows any task until it ends. Ctrl-C only ends the showing (spec: cli.md §4.15).
 *
 * @throws {PbsError} if the task failed.
 */
export async function showServerTask(
  context: CommandContext,
  tasks: RepositoryTasks,
  upid: string,
): Promise<void> {
  const { output } = context;
  const left = new AbortController();
  using _interrupts = catchInterrupts((count) => {
    if (count === 1) output.log("info", "got shutdown request (SIGINT)");
    left.abort();
  });
  const status = await tasks.follow(upid, (line) => output.printLine(line), left.signal);
  if (status !== undefined) requireSuccess(status);
}

function requireSuccess(status: string): void {
  const failure = taskFailure(status);
  if (failure !== undefined) throw failure;
}
