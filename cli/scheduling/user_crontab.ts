import {
  addToCrontab,
  calendarToCron,
  type ConfinementNeeds,
  cronCommand,
  crontabJobs,
  type Job,
  type JobFile,
  removeFromCrontab,
} from "../../lib/schedule/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import type { InstalledJob, JobPlace } from "./job_place.ts";
import { runProgram } from "./run_program.ts";
import { splitCronLine } from "./split_cron_line.ts";

const NAME = "crontab of the user";

/** Jobs as lines in the user's crontab, among those that are there. */
export class UserCrontab implements JobPlace {
  readonly kind = "cron";

  filesOf(job: Job, _needs: ConfinementNeeds): JobFile[] {
    return [{ path: NAME, text: addToCrontab("", job.name, lineOf(job)) }];
  }

  async install(job: Job): Promise<string[]> {
    const before = await readCrontab();
    const after = addToCrontab(before, job.name, lineOf(job));
    if (isAlike(before, after)) return [];
    await runProgram("crontab", ["-"], after);
    return [NAME];
  }

  async remove(name: string): Promise<string[]> {
    const before = await readCrontab();
    const after = removeFromCrontab(before, name);
    if (after === before) return [];
    await runProgram("crontab", ["-"], after);
    return [NAME];
  }

  async list(): Promise<InstalledJob[]> {
    return crontabJobs(await readCrontab()).map(({ name, line }) => ({
      name,
      ...splitCronLine(line, false),
    }));
  }
}

function lineOf(job: Job): string {
  return `${calendarToCron(job.calendar)} ${cronCommand(job)}`;
}

/** Whether the same jobs are there, wherever they stand. */
function isAlike(before: string, after: string): boolean {
  const lines = (text: string) => text.trimEnd().split("\n").toSorted().join("\n");
  return lines(before) === lines(after);
}

/** Empty if the user has none. */
async function readCrontab(): Promise<string> {
  try {
    return await runProgram("crontab", ["-l"]);
  } catch (error) {
    if (error instanceof PbsError && /no crontab for/.test(error.message)) return "";
    throw error;
  }
}
