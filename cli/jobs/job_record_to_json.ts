import type { JobRecord } from "../../lib/jobs/mod.ts";

/** The result of a job's run as JSON; times in seconds since 1970. */
export function jobRecordToJson(job: string, record: JobRecord): Record<string, unknown> {
  return {
    job,
    outcome: record.outcome,
    summary: record.summary,
    started: record.startedAt,
    ended: record.endedAt,
    "last-success": record.lastSuccess,
    repositories: record.repositories,
    problems: record.problems,
  };
}
