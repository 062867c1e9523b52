/** Beginning of the names of a job's files. */
export const JOB_FILE_PREFIX = "pbs-client-";

const MARK = /^# Job "([A-Za-z0-9_-]+)" of pbs-client schedule; /;

/** The first line of a file of ours. */
export function markLine(name: string): string {
  return `# Job "${name}" of pbs-client schedule; written anew by "install", gone by "remove".`;
}

/** The job that a file belongs to, by its first line; undefined if the file is not ours. */
export function jobNameOf(text: string): string | undefined {
  return MARK.exec(text)?.[1];
}

/** Whether a file is one of this job. */
export function isOurs(text: string, name: string): boolean {
  return jobNameOf(text) === name;
}
