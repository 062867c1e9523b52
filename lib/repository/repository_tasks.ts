import type { BackupGroup } from "./snapshot_path.ts";
import type { PruneRequest, VerifyRequest } from "./work_requests.ts";

/** Which group is to be moved, and where to (spec: protocol.md §7.3). */
export interface GroupMove {
  readonly group: BackupGroup;
  /** Namespaces. */
  readonly from: string;
  readonly to: string;
  /** Whether the target may have the group, with older snapshots only; default true. */
  readonly merge?: boolean | undefined;
}

/** Which namespace is to get another name (spec: protocol.md §7.6). */
export interface NamespaceMove {
  readonly from: string;
  /** The new name, not the new parent; what is there already is merged into. */
  readonly to: string;
  /** Levels below the namespace that are moved with it; default all. */
  readonly maxDepth?: number | undefined;
  /** Whether emptied namespaces are removed; default true. */
  readonly deleteSource?: boolean | undefined;
  /** Whether groups may be merged into those of the target; default true. */
  readonly mergeGroups?: boolean | undefined;
}

/**
 * Receives the lines of a long task (garbage collection, verification) as they come, and of each
 * whether it tells of a problem.
 */
export type TaskLog = (line: string, isProblem?: boolean) => void;

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
  /** Also those that have ended. */
  readonly all: boolean;
  /** How many, the newest ones. */
  readonly limit: number;
  /** Also those of others, as far as they may be seen; default only one's own. */
  readonly everybody?: boolean;
}

/** A part of a task's log. */
export interface TaskLogPart {
  readonly lines: readonly string[];
  /** Lines that there are now. */
  readonly total: number;
  readonly isRunning: boolean;
  /** How it has ended, if it has: `OK` or other. */
  readonly status?: string | undefined;
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
  /**
   * Reads some lines of a task's log, with their times.
   *
   * @param from Number of the first line, counted from 0.
   * @throws {PbsError} if there is no such task.
   */
  readLog(upid: string, from: number, limit: number): Promise<TaskLogPart>;
  /** Asks a task to stop; one that has ended, or never was, is fine. */
  stop(upid: string): Promise<void>;
  /** Starts a garbage collection. @returns The task's UPID, as of all that follow. */
  startGarbageCollection(): Promise<string>;
  /** Starts a verification. */
  startVerification(request: VerifyRequest): Promise<string>;
  /** Starts to prune a group; a dry run is no task. */
  startPrune(request: PruneRequest): Promise<string>;
  /** Starts to move a group. @throws {PbsError} if that is refused before it begins. */
  startGroupMove(move: GroupMove): Promise<string>;
  /** Starts to move a namespace. @throws {PbsError} if that is refused before it begins. */
  startNamespaceMove(move: NamespaceMove): Promise<string>;
}
