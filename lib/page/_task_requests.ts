import type { TaskInfo } from "../repository/mod.ts";
import type { PageParameters } from "./_page_parameters.ts";
import type { PageDone, PageTask, PageTaskLog, PageTasks } from "./page_api.ts";
import type { PageSource } from "./page_source.ts";

const DEFAULT_TASKS = 50;
const MAX_TASKS = 500;
const DEFAULT_LINES = 500;
const MAX_LINES = 5000;
const MAX_UPID = 1024;

/** `tasks`: those of one datastore or of all. */
export async function listTasks(
  source: PageSource,
  parameters: PageParameters,
): Promise<PageTasks> {
  const only = parameters.optionalText("store");
  const all = !parameters.flag("running");
  const limit = parameters.optionalInteger("limit", { least: 1, most: MAX_TASKS }) ?? DEFAULT_TASKS;
  const stores = only === undefined
    ? (await source.listStores()).filter(({ maintenance }) =>
      !/^(?:offline|delete|s3-refresh)\b/.test(maintenance ?? "")
    )
      .map(({ store }) => store)
    : [only];
  const tasks: PageTask[] = [];
  for (const store of stores) {
    const access = await source.access(store);
    const listed = await access.tasks.list({ all, limit, everybody: true });
    tasks.push(...listed.map((task) => describeTask(store, task)));
  }
  return { tasks: tasks.sort((a, b) => b.start - a.start).slice(0, limit) };
}

function describeTask(store: string, task: TaskInfo): PageTask {
  const { upid, workerType, workerId, user, startTime, endTime, status } = task;
  return {
    upid,
    store,
    type: workerType,
    ...(workerId === undefined ? {} : { id: workerId }),
    user,
    start: startTime,
    ...(endTime === undefined ? {} : { end: endTime }),
    state: taskState(endTime, status),
    ...(status === undefined ? {} : { status }),
    mayStop: endTime === undefined,
  };
}

/** State of a task, by its end and the text of that. */
export function taskState(
  end: number | undefined,
  status: string | undefined,
): PageTask["state"] {
  if (end === undefined && status === undefined) return "running";
  if (status === "OK") return "ok";
  if (status?.startsWith("WARNINGS: ")) return "warning";
  return status === undefined || status === "unknown" ? "unknown" : "error";
}

/** `task`: a part of the log of one. */
export async function showTask(
  source: PageSource,
  parameters: PageParameters,
): Promise<PageTaskLog> {
  const { tasks } = await source.access(parameters.text("store"));
  const upid = parameters.text("upid", MAX_UPID);
  const from = parameters.optionalInteger("from", { least: 0, most: 2 ** 31 }) ?? 0;
  const limit = parameters.optionalInteger("limit", { least: 1, most: MAX_LINES }) ?? DEFAULT_LINES;
  const { lines, total, isRunning, status } = await tasks.readLog(upid, from, limit);
  const next = from + lines.length;
  return {
    lines,
    next,
    hasMore: next < total && lines.length > 0,
    isRunning,
    ...(status === undefined ? {} : { status }),
  };
}

/** `task-stop` */
export async function stopTask(source: PageSource, parameters: PageParameters): Promise<PageDone> {
  const { tasks } = await source.access(parameters.text("store"));
  await tasks.stop(parameters.text("upid", MAX_UPID));
  return { done: true };
}
