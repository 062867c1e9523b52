/** The kinds of things that are told of. */
export type AlertWhat = "backup" | "prune" | "gc" | "verify" | "sync" | "job" | "watch" | "test";

/** How something ended. */
export type AlertOutcome = "ok" | "warnings" | "failed";

/** The thing that events are about: each has a state of its own. */
export interface AlertSubject {
  readonly what: AlertWhat;
  /** Its name, the same at every run; for instance that of a job, a group or a datastore. */
  readonly name: string;
}

/** Numbers of a run that did not fail, for text files of metrics. */
export interface AlertFigures {
  /** Size of everything that is in the snapshot, bytes. */
  readonly sizeBytes?: number | undefined;
  /** The part of it that was not there before, bytes. */
  readonly newBytes?: number | undefined;
  /** Bytes that the new part takes, compressed. */
  readonly storedBytes?: number | undefined;
  readonly files?: number | undefined;
  readonly warnings?: number | undefined;
}

/** The outcome of something that was run or watched. */
export interface AlertEvent extends AlertSubject {
  readonly outcome: AlertOutcome;
  /** One line that tells it. */
  readonly summary: string;
  /** More lines, such as the end of a log. */
  readonly details?: string | undefined;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  /** Seconds since the epoch. */
  readonly endedAt: number;
  readonly figures?: AlertFigures | undefined;
}
