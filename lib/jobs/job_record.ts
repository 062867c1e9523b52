import { CorruptDataError } from "../errors/mod.ts";

/** End of a run; one whose conditions were not met was skipped. */
export type JobOutcome = "ok" | "warnings" | "failed" | "skipped";

const OUTCOMES: readonly JobOutcome[] = ["ok", "warnings", "failed", "skipped"];

/** Result of one repository in a run. */
export interface RepositoryRecord {
  readonly name: string;
  readonly outcome: JobOutcome;
  /** Path of the snapshot that was made. */
  readonly snapshot?: string | undefined;
  /** Whether there is no new snapshot as nothing has changed. */
  readonly unchanged?: boolean | undefined;
  /** Whether it was maintained; what its time did not suffice for is left to the next run. */
  readonly maintained?: boolean | undefined;
  /** Why it failed. */
  readonly problem?: string | undefined;
}

/** Result of a job's last run, as it is kept. */
export interface JobRecord {
  readonly outcome: JobOutcome;
  /** One line, without the outcome. */
  readonly summary: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly repositories: readonly RepositoryRecord[];
  /** Problems besides those of repositories: of hooks, of alerts. */
  readonly problems: readonly string[];
  /** End of the last run in which nothing failed. */
  readonly lastSuccess?: number | undefined;
}

/** Text of a record. */
export function formatJobRecord(record: JobRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/**
 * A record from its text.
 *
 * @param name Of the file, for the message.
 * @throws {CorruptDataError} if it is none.
 */
export function parseJobRecord(text: string, name: string): JobRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isRecord(value)) return value;
  throw new CorruptDataError(`"${name}" is no record of a job: remove it, the next run writes one`);
}

function isRecord(value: unknown): value is JobRecord {
  if (!isObject(value)) return false;
  const { outcome, summary, startedAt, endedAt, repositories, problems, lastSuccess } = value;
  return isOutcome(outcome) && typeof summary === "string" && isTime(startedAt) &&
    isTime(endedAt) && (lastSuccess === undefined || isTime(lastSuccess)) &&
    Array.isArray(problems) && problems.every((each) => typeof each === "string") &&
    Array.isArray(repositories) &&
    repositories.every((each) =>
      isObject(each) && typeof each.name === "string" && isOutcome(each.outcome) &&
      isTextOrAbsent(each.snapshot) &&
      isFlagOrAbsent(each.unchanged) && isFlagOrAbsent(each.maintained) &&
      isTextOrAbsent(each.problem)
    );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOutcome(value: unknown): boolean {
  return OUTCOMES.some((outcome) => outcome === value);
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < 2 ** 53;
}

function isFlagOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "boolean";
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
