import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { JobEntry, JobsFile } from "../configuration/jobs_file.ts";
import { requireJob } from "../configuration/open_jobs_file.ts";

/**
 * The job that was named, or all of them.
 *
 * @throws {UsageError} if none is named and not all are wanted, or there are none.
 * @throws {NotFoundError} if there is no such job.
 */
export function chooseJobs(values: CommandValues, file: JobsFile): JobEntry[] {
  const name = values.text("name");
  if (values.flag("all") === (name !== undefined)) {
    throw new UsageError("either the name of a job or --all is needed");
  }
  if (name !== undefined) return [requireJob(file, name)];
  if (file.jobs.length === 0) throw new UsageError(`there are no jobs in "${file.path}"`);
  return [...file.jobs];
}
