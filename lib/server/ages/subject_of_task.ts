import type { Upid } from "../../repository/mod.ts";
import { syncTaskPlace } from "../jobs/mod.ts";

/** Work that is told of and counted, whoever started it. */
export type TaskKind = "backup" | "gc" | "prune" | "sync" | "verify";

/** Kinds by the types of tasks (spec: protocol.md §3.5). */
const KINDS: ReadonlyMap<string, TaskKind> = new Map([
  ["backup", "backup"],
  ["garbage_collection", "gc"],
  ["prune", "prune"],
  ["prunejob", "prune"],
  ["sync", "sync"],
  ["syncjob", "sync"],
  ["verify", "verify"],
  ["verify_group", "verify"],
  ["verify_snapshot", "verify"],
  ["verificationjob", "verify"],
]);

/** The work that a task does. */
export interface TaskSubject {
  readonly kind: TaskKind;
  readonly datastore: string;
  /** The datastore, and behind a colon the part of it that is meant. */
  readonly name: string;
}

/** The work that a task does; undefined for tasks that are of no interest here. */
export function subjectOfTask({ workerType, workerId }: Upid): TaskSubject | undefined {
  const kind = KINDS.get(workerType);
  if (kind === undefined) return undefined;
  // A snapshot's own name would be another one each time.
  const name = workerType === "verify_snapshot"
    ? workerId.slice(0, Math.max(workerId.lastIndexOf("/"), 0))
    : workerId;
  const datastore = workerType === "syncjob"
    ? syncTaskPlace(workerId).store
    : name.split(":", 1)[0]!;
  return { kind, datastore, name };
}
