import type { CommandValues } from "../arguments/command_values.ts";
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
  await using repository = await openRepository(values, context);
  await runLongWork(context, format, repository, {
    start: (tasks) => tasks.startGarbageCollection(),
    work: (log, signal) => repository.garbageCollect(log, signal),
  });
}
