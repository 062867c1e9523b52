import { UsageError } from "../../lib/errors/mod.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openJobsFile } from "../configuration/open_jobs_file.ts";
import { installWanted, type WantedJob } from "../scheduling/install_job.ts";
import { jobOfWords } from "../scheduling/job_of_words.ts";
import { chooseJobs } from "./choose_jobs.ts";

/** `job install`: lets the system start jobs of the file by their schedules. */
export async function installJobs(values: CommandValues, context: CommandContext): Promise<void> {
  const file = openJobsFile(values, context);
  const jobs = chooseJobs(values, file);
  const due = jobs.filter(({ keys }) => keys.text("schedule") !== undefined);
  if (due.length === 0) {
    throw new UsageError(
      jobs.length === 1
        ? `job "${jobs[0]!.name}" has no schedule, such as schedule = "02:30"`
        : `no job in "${file.path}" has a schedule, such as schedule = "02:30"`,
    );
  }
  const wanted = due.map(({ name, keys }): WantedJob => ({
    name,
    words: ["job", "run", name, "--config", file.path].map((text) => ({ text })),
    calendar: keys.text("schedule")!,
    randomDelaySeconds: parseTimeSpan(keys.text("random-delay") ?? "") ?? 0,
  }));
  // What is wrong with one is found before anything is written for another.
  const isRoot = !values.flag("user") && (values.text("run-as") ?? "root") === "root";
  for (const { words } of wanted) await jobOfWords(words, context, isRoot);
  for (const job of wanted) await installWanted(job, values, context);
}
