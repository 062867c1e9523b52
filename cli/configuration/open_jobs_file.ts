import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { nearestWords } from "../hints/nearest_words.ts";
import type { Fault } from "./fault.ts";
import { findJobsFile } from "./find_jobs_file.ts";
import type { JobEntry, JobsFile } from "./jobs_file.ts";
import { readJobsFile } from "./read_jobs_file.ts";

/**
 * The file with the jobs, checked.
 *
 * @throws {NotFoundError} if there is none.
 * @throws {UsageError} if something is wrong in it.
 */
export function openJobsFile(
  values: CommandValues,
  context: CommandContext,
): JobsFile {
  const { path, faults, file } = readJobsFile(findJobsFile(values, context));
  if (file !== undefined) return file;
  const more = faults.length === 1 ? "" : ` (and ${faults.length - 1} more, see "config check")`;
  throw new UsageError(`${describeFault(path, faults[0]!)}${more}`);
}

/** A line about something wrong, as compilers write them. */
export function describeFault(path: string, { line, key, reason }: Fault): string {
  return `${path}:${line}: ${key === "" ? "" : `${key}: `}${reason}`;
}

/** A job by its name. @throws {NotFoundError} if the file has none. */
export function requireJob({ path, jobs }: JobsFile, name: string): JobEntry {
  const job = jobs.find((each) => each.name === name);
  if (job !== undefined) return job;
  const near = nearestWords(name, jobs.map((each) => each.name));
  const guess = near.length === 0 ? "" : `, maybe ${near.join(" or ")}`;
  throw new NotFoundError(`there is no job "${name}" in "${path}"${guess}`);
}
