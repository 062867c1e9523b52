import { CorruptDataError } from "../../lib/errors/mod.ts";
import type { JobFolder, JobRecord } from "../../lib/jobs/mod.ts";

/**
 * Record of a job's last run; undefined if nothing is known of it.
 *
 * @param warn Told in a line if the record is damaged, which keeps no job from running.
 */
export function lastRecord(
  folder: JobFolder,
  name: string,
  warn: (line: string) => void,
): JobRecord | undefined {
  try {
    return folder.read(name);
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    warn(error.message);
    return undefined;
  }
}
