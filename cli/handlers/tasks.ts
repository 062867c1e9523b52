import { UsageError } from "../../lib/errors/mod.ts";
import type { Repository, RepositoryTasks, TaskInfo } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openRepository } from "../environment/open_repository.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { showServerTask } from "./follow_server_task.ts";

const DEFAULT_LIMIT = 50;

/** `task list` (spec: cli.md §4.15). */
export async function listTasks(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const tasks = await tasksOf(repository).list({
    all: values.flag("all"),
    limit: values.integer("limit") ?? DEFAULT_LIMIT,
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

/** `task log` (spec: cli.md §4.15). */
export async function showTaskLog(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  await showServerTask(context, tasksOf(repository), values.requiredText("upid"));
}

/** `task stop` (spec: cli.md §4.15). */
export async function stopTask(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  await tasksOf(repository).stop(values.requiredText("upid"));
}

function statusText({ endTime, status }: TaskInfo): string {
  return endTime === undefined ? "running" : status ?? "unknown";
}

/** @throws {UsageError} for a directory, where long work is done in the foreground. */
function tasksOf({ tasks, displayName }: Repository): RepositoryTasks {
  if (tasks !== undefined) return tasks;
  throw new UsageError(
    `repository '${displayName}' is a directory: its commands run in the foreground, ` +
      "there are no tasks",
  );
}
