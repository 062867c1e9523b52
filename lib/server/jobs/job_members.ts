import { jobKey, type ServerJob } from "./job.ts";
import type { ServerJobs } from "./server_jobs.ts";

/** Members of a job as lists show it: its configuration, and its last and next run. */
export async function jobMembers(
  jobs: ServerJobs,
  job: ServerJob,
): Promise<Record<string, unknown>> {
  const key = jobKey(job);
  const state = await jobs.states.read(key);
  const nextRun = jobs.nextRun(job, state);
  return {
    ...job.kind === "gc" ? { store: job.id } : { id: job.id, ...job.properties },
    ...job.kind === "gc" && job.schedule !== undefined && { schedule: job.schedule },
    ...nextRun !== undefined && { "next-run": nextRun },
    ...state?.upid !== undefined && { "last-run-upid": state.upid },
    ...state?.status !== undefined && { "last-run-state": state.status },
    // A run whose end nobody has seen has ended with its process.
    ...state?.upid !== undefined && state.status === undefined && !jobs.states.isLocked(key) &&
      { "last-run-state": "unknown" },
    ...state?.endTime !== undefined && { "last-run-endtime": state.endTime },
  };
}
