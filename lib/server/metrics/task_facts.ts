import { subjectOfTask, type TaskKind } from "../ages/mod.ts";
import type { TaskEnd, TaskRecord } from "../tasks/mod.ts";

/** The last tasks of each kind and datastore. */
export interface TaskFacts {
  /** How many run, by kind; all that are of no kind as `other`. */
  readonly running: ReadonlyMap<TaskKind | "other", number>;
  readonly last: readonly {
    readonly kind: TaskKind;
    readonly datastore: string;
    readonly end: TaskEnd;
    /** When the last one ended that did not fail, seconds. */
    readonly success?: number;
  }[];
}

/**
 * The facts about tasks.
 *
 * @param records Newest first.
 * @param datastores Those that are served: others are not told of for ever.
 */
export function taskFacts(
  records: readonly TaskRecord[],
  datastores: ReadonlySet<string>,
): TaskFacts {
  const running = new Map<TaskKind | "other", number>();
  const last = new Map<string, TaskFacts["last"][number]>();
  for (const { upid, end } of records) {
    const subject = subjectOfTask(upid);
    if (end === undefined) {
      const kind = subject?.kind ?? "other";
      running.set(kind, (running.get(kind) ?? 0) + 1);
      continue;
    }
    if (subject === undefined || !datastores.has(subject.datastore)) continue;
    const { kind, datastore } = subject;
    const key = `${kind} ${datastore}`;
    const known = last.get(key) ?? { kind, datastore, end };
    const isSuccess = end.outcome === "ok" || end.outcome === "warning";
    last.set(
      key,
      known.success === undefined && isSuccess ? { ...known, success: end.time } : known,
    );
  }
  return { running, last: [...last.values()] };
}
