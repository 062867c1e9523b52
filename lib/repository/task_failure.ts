import { LockedError, PbsError } from "../errors/mod.ts";
import { saysLocked } from "./says_locked.ts";

/** Whether a task's exit status is that of one that did its work (spec: protocol.md §3.5). */
export function isTaskDone(status: string): boolean {
  return status === "OK" || status.startsWith("WARNINGS");
}

/** The error for a task's exit status; undefined if the task did its work. */
export function taskFailure(status: string): PbsError | undefined {
  if (isTaskDone(status)) return undefined;
  // A task tells by its words only that somebody else held a lock.
  const Kind = saysLocked(status) ? LockedError : PbsError;
  return new Kind(`task failed (status ${status})`);
}
