import type { GroupMove, NamespaceMove, TaskLog } from "./repository.ts";

/** A task as lists show it (spec: protocol.md §7.8). */
export interface TaskInfo {
  readonly upid: string;
  readonly node: string;
  readonly pid: number;
  /** Start of the process, clock ticks. */
  readonly pstart: number;
  /** Seconds since the epoch. */
  readonly startTime: number;
  readonly workerType: string;
  readonly workerId?: string;
  /** Auth id of who started it. */
  readonly user: string;
  /** Seconds since the epoch; absent while it runs. */
  readonly endTime?: number;
  /** `OK`, `WARNINGS: n`, `unknown` or the error text; absent while it runs. */
  readonly status?: string;
}

/** Which tasks to list. */
export interface ListTasks {
  /** Those that have ended, too. */
  readonly all: boolean;
  /** How many, the newest ones. */
  readonly limit: number;
}

/** Long work that a server does by itself and keeps a log of (spec: protocol.md §3.5, §7.8). */
export interface RepositoryTasks {
  /** Tasks on this datastore of whom the repository was opened as, newest first. */
  list(which: ListTasks): Promise<TaskInfo[]>;
  /**
   * Shows a task's log, from its first line to its outcome.
   *
   * @param log Receives the lines, without their times.
   * @param signal Ends the following, not the task.
   * @returns The task's exit status, `OK` or other; undefined if the signal came first.
   * @throws {PbsError} if there is no such task.
   */
  follow(upid: string, log: TaskLog, signal?: AbortSignal): Promise<string | undefined>;
  /** Asks a task to stop; one that has ended, or never was, is fine. */
  stop(upid: string): Promise<void>;
  /** Starts a garbage collection. @returns The task's UPID, as of all that follow. */
  startGarbageCollection(): Promise<string>;
  /** Starts to move a group. @throws {PbsError} if that is refused at once. */
  startGroupMove(move: GroupMove): Promise<string>;
  /** Starts to move a namespace. @throws {PbsError} if that is refused at once. */
  startNamespaceMove(move: NamespaceMove): Promise<string>;
}
