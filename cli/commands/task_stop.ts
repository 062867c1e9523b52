import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { UPID_POSITIONAL } from "../options/upid_positional.ts";
import { openRepository } from "../repository/open_repository.ts";
import { tasksOf } from "../tasks/tasks_of.ts";

/** `task stop` (spec: cli.md §4.15). */
export const command: CommandDefinition = {
  description: "Ask a task to stop.",
  positionals: [UPID_POSITIONAL],
  options: REPOSITORY_OPTIONS,
  output: "none",
  run: stopTask,
};

async function stopTask(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  await tasksOf(repository).stop(values.requiredText("upid"));
}
