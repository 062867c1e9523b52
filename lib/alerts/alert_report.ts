/** The deliveries of an event: nothing of it fails the run that it tells of. */
export interface AlertReport {
  /** Names of the targets that have been told. */
  readonly told: readonly string[];
  /** Names of the targets that had nothing new to be told. */
  readonly unchanged: readonly string[];
  /** Failures, a line each, without secrets; to be shown, and a reason for a warning. */
  readonly problems: readonly string[];
}
