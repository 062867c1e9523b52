import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { UPID_POSITIONAL } from "../options/upid_positional.ts";
import { openRepository } from "../repository/open_repository.ts";
import { showServerTask } from "../tasks/follow_server_task.ts";
import { tasksOf } from "../tasks/tasks_of.ts";

/** `task log` (spec: cli.md §4.15). */
export const command: CommandDefinition = {
  description: "Show the log of a task, following it while it runs.",
  positionals: [UPID_POSITIONAL],
  options: REPOSITORY_OPTIONS,
  output: "none",
  run: showTaskLog,
};

async function showTaskLog(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  await showServerTask(context, tasksOf(repository), values.requiredText("upid"));
}
