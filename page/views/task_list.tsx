import type { JSX } from "preact";
import type { PageTask } from "../../lib/page/page_api.ts";
import { Await } from "../parts/await.tsx";
import { Badge, type Tone } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { look } from "../requests/send_request.ts";
import { useLoad } from "../state/use_load.ts";
import { formatDuration } from "../text/dates.ts";

/** Milliseconds until the list is asked for again. */
const AGAIN_MS = 2500;

const STATES: Record<PageTask["state"], readonly [string, Tone]> = {
  running: ["running", "info"],
  ok: ["done", "good"],
  warning: ["warnings", "warn"],
  error: ["failed", "bad"],
  unknown: ["broken off", "plain"],
};

/** What became of a task, in a word. */
export function TaskState(
  { state, status }: {
    readonly state: PageTask["state"];
    readonly status?: string | undefined;
  },
): JSX.Element {
  const [word, tone] = STATES[state];
  return <Badge tone={tone} {...status === undefined ? {} : { title: status }}>{word}</Badge>;
}

const TYPES: Readonly<Record<string, string>> = {
  backup: "Backup",
  reader: "Restore",
  verify: "Verification",
  verificationjob: "Verification",
  verify_snapshot: "Verification",
  verify_group: "Verification",
  garbage_collection: "Garbage collection",
  prune: "Prune",
  prunejob: "Prune",
  sync: "Synchronisation",
  delete: "Removal",
};

/** A type of task in words. */
export function taskName(type: string): string {
  return TYPES[type] ?? type;
}

/** Tasks, newest first, as they go on. */
export function TaskList(
  { store, limit, onlyRunning }: {
    readonly store?: string | undefined;
    readonly limit: number;
    readonly onlyRunning?: boolean;
  },
): JSX.Element {
  const query = { limit, ...store ? { store } : {}, ...onlyRunning ? { running: "1" } : {} };
  const key = `tasks ${JSON.stringify(query)}`;
  const loaded = useLoad(
    key,
    async (signal) => (await look("tasks", query, signal)).tasks,
    AGAIN_MS,
  );
  return (
    <Await of={loaded} what="the tasks" lines={4}>
      {(tasks) =>
        tasks.length === 0
          ? <p class="faint">{onlyRunning ? "Nothing is running." : "There were no tasks yet."}</p>
          : (
            <table class="table tasks">
              <thead>
                <tr>
                  <th scope="col">Start</th>
                  <th scope="col">Task</th>
                  <th scope="col" class="wide-only">Subject</th>
                  <th scope="col" class="wide-only">User</th>
                  <th scope="col" class="number">Took</th>
                  <th scope="col">State</th>
                </tr>
              </thead>
              <tbody>{tasks.map((task) => <TaskRow key={task.upid} task={task} />)}</tbody>
            </table>
          )}
    </Await>
  );
}

function TaskRow({ task }: { readonly task: PageTask }): JSX.Element {
  const took = (task.end ?? Date.now() / 1000) - task.start;
  return (
    <tr>
      <td>
        <Moment seconds={task.start} />
      </td>
      <td>
        <Link to={{ view: "task", store: task.store, upid: task.upid }}>{taskName(task.type)}</Link>
      </td>
      <td class="wide-only">
        <Name text={task.id ?? ""} />
      </td>
      <td class="wide-only faint">
        <Name text={task.user} />
      </td>
      <td class="number">{formatDuration(took)}</td>
      <td>
        <TaskState state={task.state} status={task.status} />
      </td>
    </tr>
  );
}
