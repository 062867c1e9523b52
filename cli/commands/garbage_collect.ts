import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import { TIME_SPAN_FORMAT } from "../arguments/time_span_format.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import {
  OUTPUT_FORMAT_OPTION,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { runLongWork } from "../tasks/run_long_work.ts";

/** `garbage-collect` (spec: cli.md §4.6). */
export const command: CommandDefinition = {
  description: "Remove chunks that no snapshot uses.",
  positionals: [],
  options: [
    ...REPOSITORY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    LOCK_WAIT_OPTION,
    {
      name: "cutoff",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      description:
        "Remove what was not used for this long; 1d5m if absent, in buckets 20h. 0 frees " +
        "everything that can be freed now, for example when the disk is full. Not on servers.",
    },
    ...VERBOSITY_OPTIONS,
    WARNINGS_EXIT_OPTION,
  ],
  output: "value",
  run: collectGarbage,
};

async function collectGarbage(
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
