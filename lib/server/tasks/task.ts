import { formatUpid, type Upid } from "../../repository/mod.ts";
import type { TaskLogFile } from "./task_log_file.ts";

/** Which kind of end a task came to, as lists filter by it (spec: protocol.md §7.8). */
export type TaskOutcome = "ok" | "warning" | "error" | "unknown";

/** How a task ended. */
export interface TaskEnd {
  readonly outcome: TaskOutcome;
  /** Seconds since the epoch. */
  readonly time: number;
  /** `OK`, `WARNINGS: n`, `unknown` or the error text. */
  readonly status: string;
}

/** A task that runs or has run, as lists show it. */
export interface TaskRecord {
  readonly upid: Upid;
  /** {@linkcode upid} as text. */
  readonly id: string;
  readonly end?: TaskEnd;
}

/** A running task, for the code that does its work. */
export class Task implements TaskRecord {
  readonly id: string;
  readonly #abort = new AbortController();
  readonly #log: TaskLogFile | undefined;
  readonly #shown: ((line: string, isProblem: boolean) => void) | undefined;
  #warnings = 0;

  /**
   * @param log Is closed by the registry. Without one, which is a warning, nothing is written down.
   * @param shown Gets each line as well.
   */
  constructor(
    readonly upid: Upid,
    log: TaskLogFile | undefined,
    shown?: (line: string, isProblem: boolean) => void,
  ) {
    this.#shown = shown;
    this.id = formatUpid(upid);
    this.#log = log;
    if (log === undefined) this.#warnings++;
  }

  /** Aborted when somebody wants the task to stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Lines that were warnings. */
  get warnings(): number {
    return this.#warnings;
  }

  /** Writes a line into the task's log. Those that tell of a problem are counted. */
  readonly log = (line: string, isProblem = false): void => {
    if (isProblem) this.#warnings++;
    this.#log?.write(line);
    this.#shown?.(line, isProblem);
  };

  /** Asks the task to stop. */
  abort(reason: Error): void {
    this.#abort.abort(reason);
  }
}
