import { jobNameOf, markLine } from "./job_mark.ts";

/** A job in a user's crontab. */
export interface CrontabJob {
  readonly name: string;
  /** The line of cron. */
  readonly line: string;
}

/** The jobs of ours in a crontab: each is a mark and the line after it. */
export function crontabJobs(crontab: string): CrontabJob[] {
  const lines = crontab.split("\n");
  return lines.flatMap((line, i) => {
    const name = jobNameOf(line);
    return name === undefined ? [] : [{ name, line: lines[i + 1] ?? "" }];
  });
}

/** The crontab without a job of ours; everything else stays as it is. */
export function removeFromCrontab(crontab: string, name: string): string {
  const lines = crontab.split("\n");
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    // The line after the mark is the job.
    if (jobNameOf(lines[i]!) === name) i++;
    else kept.push(lines[i]!);
  }
  return kept.join("\n");
}

/** The crontab with a job, in the place of an earlier one of this name. */
export function addToCrontab(crontab: string, name: string, line: string): string {
  const others = removeFromCrontab(crontab, name);
  const separator = others === "" || others.endsWith("\n") ? "" : "\n";
  return `${others}${separator}${markLine(name)}\n${line}\n`;
}
