/**
 * Jobs: what is around a backup that runs by itself.
 *
 * A *hook* is a command of the user's that runs before or after a job, with a limit of time; what it
 * has started ends with it when the limit is reached, and with the job otherwise. A *condition* is
 * something that has to hold for a job to run. A *record* is what is kept of a job's last run, in the
 * *state folder*, and a job is *locked* while it runs.
 *
 * @module
 */

export { type ConditionNames, unmetCondition } from "./conditions.ts";
export { type HookRun, HookRunner } from "./hook_runner.ts";
export { hookEnvironment } from "./hook_environment.ts";
export { JobFolder } from "./job_folder.ts";
export {
  formatJobRecord,
  type JobOutcome,
  type JobRecord,
  parseJobRecord,
  type RepositoryRecord,
} from "./job_record.ts";
