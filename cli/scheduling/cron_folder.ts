import {
  calendarToCron,
  type ConfinementNeeds,
  cronFile,
  type Job,
  JOB_FILE_PREFIX,
  type JobFile,
  jobNameOf,
  readIfThere,
  removeJobFiles,
  writeJobFiles,
} from "../../lib/schedule/mod.ts";
import type { InstalledJob, JobPlace } from "./job_place.ts";
import { namesIn } from "./names_in.ts";
import { splitCronLine } from "./split_cron_line.ts";

/** Jobs as files in `/etc/cron.d`, which cron looks into by itself. */
export class CronFolder implements JobPlace {
  readonly kind = "cron";
  readonly #folder: string;

  /** @param root Stands for `/`. */
  constructor(root: string | undefined) {
    this.#folder = `${root ?? ""}/etc/cron.d`;
  }

  filesOf(job: Job, _needs: ConfinementNeeds): JobFile[] {
    return [{ path: this.#path(job.name), text: cronFile(job, calendarToCron(job.calendar)) }];
  }

  async install(job: Job, needs: ConfinementNeeds): Promise<string[]> {
    return await writeJobFiles(this.filesOf(job, needs), job.name);
  }

  async remove(name: string): Promise<string[]> {
    return await removeJobFiles([this.#path(name)], name);
  }

  async list(): Promise<InstalledJob[]> {
    const jobs: InstalledJob[] = [];
    for (const file of await namesIn(this.#folder)) {
      if (!file.startsWith(JOB_FILE_PREFIX)) continue;
      const text = await readIfThere(`${this.#folder}/${file}`) ?? "";
      const name = jobNameOf(text);
      if (name === undefined || this.#path(name) !== `${this.#folder}/${file}`) continue;
      jobs.push({ name, ...splitCronLine(text.trimEnd().split("\n").at(-1)!, true) });
    }
    return jobs;
  }

  #path(name: string): string {
    return `${this.#folder}/${JOB_FILE_PREFIX}${name}`;
  }
}
