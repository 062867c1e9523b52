import type { TaskInfo } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";
import { tasksOf } from "../tasks/tasks_of.ts";

/** `task list` (spec: cli.md §4.15). */
export const command: CommandDefinition = {
  description: "List tasks on the datastore.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION, {
    name: "limit",
    type: { kind: "integer", minimum: 1, maximum: 1000 },
    default: 50,
    description: "How many tasks to list, the newest first.",
  }, {
    name: "all",
    type: { kind: "boolean" },
    description: "Also list tasks that have ended.",
  }],
  output: "table",
  run: listTasks,
};

async function listTasks(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const tasks = await tasksOf(repository).list({
    all: values.flag("all"),
    limit: values.requiredInteger("limit"),
  });
  printTable(values, context, {
    json: tasks.map((task) => ({
      upid: task.upid,
      node: task.node,
      pid: task.pid,
      pstart: task.pstart,
      starttime: task.startTime,
      worker_type: task.workerType,
      worker_id: task.workerId ?? null,
      user: task.user,
      endtime: task.endTime,
      status: task.status,
    })),
    text: (style) =>
      renderList(
        [
          { title: "starttime", cell: ({ startTime }) => formatDate(startTime) },
          {
            title: "endtime",
            cell: ({ endTime }) => (endTime === undefined ? "" : formatDate(endTime)),
          },
          { title: "upid", cell: ({ upid }) => upid },
          { title: "status", cell: statusText },
        ],
        // The server has the newest first, also those of one second.
        tasks.toReversed().toSorted((a, b) => a.startTime - b.startTime),
        style,
      ),
  });
}

function statusText({ endTime, status }: TaskInfo): string {
  return endTime === undefined ? "running" : status ?? "unknown";
}
