import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { StopTask } from "../actions/confirm_actions.tsx";
import { Failure } from "../parts/await.tsx";
import { Button } from "../parts/button.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { asPageError, type PageError } from "../requests/page_error.ts";
import { look } from "../requests/send_request.ts";
import { useLoad } from "../state/use_load.ts";
import { safeText } from "../text/safe_text.ts";
import { taskName, TaskState } from "./task_list.tsx";

/** Milliseconds between two looks at the log of a task that runs. */
const AGAIN_MS = 1000;
/** Lines that are kept; a longer log is shown from its end. */
const KEPT_LINES = 20_000;

interface Log {
  readonly lines: readonly string[];
  readonly isRunning: boolean;
  readonly dropped: number;
  readonly error?: PageError;
}

/** The log of a task as it grows. */
function useTaskLog(store: string, upid: string): Log {
  const [log, setLog] = useState<Log>({ lines: [], isRunning: true, dropped: 0 });
  useEffect(() => {
    const abort = new AbortController();
    let timer: number | undefined;
    let from = 0;
    const run = async () => {
      try {
        const part = await look("task", { store, upid, from, limit: 2000 }, abort.signal);
        from = part.next;
        setLog((old) => {
          const lines = [...old.lines, ...part.lines];
          const surplus = Math.max(0, lines.length - KEPT_LINES);
          return {
            lines: lines.slice(surplus),
            isRunning: part.isRunning,
            dropped: old.dropped + surplus,
          };
        });
        if (part.hasMore) timer = setTimeout(run, 0);
        else if (part.isRunning) timer = setTimeout(run, AGAIN_MS);
      } catch (cause) {
        if (abort.signal.aborted) return;
        setLog((old) => ({ ...old, error: asPageError(cause) }));
        timer = setTimeout(run, AGAIN_MS * 5);
      }
    };
    run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [store, upid]);
  return log;
}

/** A task and its log, live. */
export function TaskView(
  { store, upid }: { readonly store: string; readonly upid: string },
): JSX.Element {
  const log = useTaskLog(store, upid);
  const [stops, setStops] = useState(false);
  const list = useLoad(
    `task of ${store} ${upid}`,
    async (signal) => (await look("tasks", { store, limit: 500 }, signal)).tasks,
    log.isRunning ? AGAIN_MS * 3 : undefined,
  );
  const task = list.value?.find((each) => each.upid === upid);
  const end = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    const element = end.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [log.lines.length]);
  const text = log.lines.map((line) => safeText(line)).join("\n");
  return (
    <section class="card task" aria-labelledby="task-title">
      <header class="part-head">
        <h2 id="task-title">
          {task ? taskName(task.type) : "Task"} {task?.id && <Name text={task.id} />}
        </h2>
        <div class="actions">
          {task && <TaskState state={task.state} status={task.status} />}
          {task?.state === "running" && task.mayStop && (
            <Button
              kind="danger"
              onPress={() => setStops(true)}
            >
              Stop
            </Button>
          )}
        </div>
      </header>
      {task && (
        <p class="faint">
          Started <Moment seconds={task.start} as="zone" /> by <Name text={task.user} />
          {task.end !== undefined && (
            <>
              , ended <Moment seconds={task.end} as="zone" />
            </>
          )}
          {task.status !== undefined && (
            <>
              : <Name text={task.status} />
            </>
          )}
        </p>
      )}
      {log.error && <Failure error={log.error} />}
      {log.dropped > 0 && <p class="faint">The first {log.dropped} lines are not shown.</p>}
      <pre
        class="log"
        ref={end}
        tabIndex={0}
        role="log"
        aria-label="Log"
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          follows.current = scrollHeight - scrollTop - clientHeight < 40;
        }}
      >
        {text}
        {text === "" && !log.error && "There are no lines yet."}
      </pre>
      {stops && task && (
        <StopTask
          store={store}
          upid={upid}
          what={`${taskName(task.type)} ${safeText(task.id ?? "")}`}
          onClose={() => setStops(false)}
        />
      )}
    </section>
  );
}
