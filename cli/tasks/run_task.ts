import { CancelledError, describeError, PbsError } from "../../lib/errors/mod.ts";
import type { TaskLog } from "../../lib/repository/mod.ts";
import type { CommandContext } from "../command_context.ts";
import type { OutputFormat } from "../output/output.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** The work of a task: writes its log, ends when the signal says so. */
export type TaskWork = (
  log: TaskLog,
  signal: AbortSignal,
) => Promise<{ ok: boolean }>;

/**
 * Runs a long task in this process, its log on the standard output, the last line its outcome
 * (spec: cli.md §4.6). With JSON the log goes to the standard error and the outcome is the result:
 * there is no task of a server whose id could be printed.
 *
 * @throws {PbsError} if the task failed, or what was thrown before its first line: it never began.
 */
export async function runTask(
  context: CommandContext,
  format: OutputFormat,
  work: TaskWork,
): Promise<void> {
  const { output } = context;
  let hasBegun = false;
  const log: TaskLog = (line, isProblem = false) => {
    hasBegun = true;
    if (output.isQuiet && !isProblem) return;
    if (format === "text") output.printLine(line);
    else output.log(isProblem ? "warn" : "info", line);
  };
  using signals = catchSignals(() => output.log("info", "got shutdown request (SIGINT)"));
  let failure: string | undefined;
  let cause: unknown;
  try {
    const { ok } = await work(log, signals.signal);
    if (!ok) failure = "verification failed, see the task log";
  } catch (error) {
    if (!(error instanceof PbsError) || !hasBegun) throw error;
    cause = error;
    failure = error instanceof CancelledError ? "aborted" : describeError(error)[0];
  }
  if (failure === undefined) log("TASK OK");
  else log(`TASK ERROR: ${failure}`, true);
  if (format !== "text") {
    output.printJson({ status: failure ?? "OK" }, format);
  }
  signals.rethrow();
  if (failure !== undefined) throw new PbsError(`task failed (status ${failure})`, { cause });
}
