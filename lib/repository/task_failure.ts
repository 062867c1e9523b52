import { LockedError, PbsError } from "../errors/mod.ts";

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

/** Whether a server says that somebody else holds a lock: a refusal, or how a task ended. */
export function saysLocked(text: string): boolean {
  const acquire = text.indexOf("acquire");
  return acquire >= 0 && text.includes(" lock", acquire) ||
    /unable to acquire|is being written or removed|^while reading snapshot/.test(text) ||
    /is locked: |garbage collection already running|they are in use/.test(text);
}
