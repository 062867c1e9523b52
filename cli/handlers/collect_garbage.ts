import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { parseTimeSpan } from "../arguments/parse_time_span.ts";
import { lockWaitOf } from "../environment/lock_wait.ts";
import type { CommandContext } from "../command_context.ts";
import { openRepository } from "../environment/open_repository.ts";
import { valueFormat } from "../output/print_result.ts";
import { runLongWork } from "./run_long_work.ts";

/** `garbage-collect` (spec: cli.md §4.6). */
export async function collectGarbage(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  const cutoff = values.text("cutoff");
  const cutoffSeconds = cutoff === undefined ? undefined : parseTimeSpan(cutoff);
  await using repository = await openRepository(values, context);
  if (cutoffSeconds !== undefined && repository.tasks !== undefined) {
    throw new UsageError(
      "--cutoff is for datastore directories: a server decides itself how old garbage must be " +
        "(serve: gc-cutoff of the datastore in its configuration)",
    );
  }
  await runLongWork(context, format, repository, {
    start: (tasks) => tasks.startGarbageCollection(),
    work: (log, signal) => repository.garbageCollect(log, signal, cutoffSeconds),
  }, lockWaitOf(values, context));
}
