import { JobFolder, type JobRecord } from "../../lib/jobs/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { JobEntry } from "../configuration/jobs_file.ts";
import { openJobsFile } from "../configuration/open_jobs_file.ts";
import { coarseAge } from "./coarse_age.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { jobRecordToJson } from "./job_record_to_json.ts";
import { lastRecord } from "./last_record.ts";
import { nextTime } from "./next_time.ts";
import { type NewestSnapshot, newestSnapshots } from "./newest_snapshots.ts";
import { stateFolder } from "./state_folder.ts";

/** A job, with its results. */
interface ListedJob {
  readonly job: JobEntry;
  readonly record: JobRecord | undefined;
  /** Seconds since 1970. */
  readonly next: number | undefined;
  readonly newest: readonly NewestSnapshot[];
}

/** `job list`. */
export async function listJobs(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const file = openJobsFile(values, context);
  const folder = new JobFolder(`${stateFolder(environment)}/jobs`);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const listed = await Promise.all(file.jobs.map(async (job): Promise<ListedJob> => ({
    job,
    record: lastRecord(folder, job.name, (line) => output.log("warn", line)),
    next: nextTime(job.keys.text("schedule"), nowSeconds),
    newest: await newestSnapshots(job, context),
  })));
  for (const { job, newest } of listed) {
    for (const { repository, problem } of newest) {
      if (problem === undefined) continue;
      output.log("warn", `job "${job.name}": repository "${repository}": ${problem}`);
    }
  }
  printTable(values, context, {
    json: listed.map(({ job, record, next, newest }) => ({
      name: job.name,
      schedule: job.keys.text("schedule"),
      next,
      last: record === undefined ? undefined : jobRecordToJson(job.name, record),
      newest: newest.map((each) => ({
        ...each,
        age: each.time === undefined ? undefined : nowSeconds - each.time,
      })),
    })),
    text: (style) =>
      renderList(
        [
          { title: "job", cell: ({ job }) => job.name },
          { title: "last result", cell: ({ record }) => resultText(record) },
          { title: "next", cell: ({ next }) => next === undefined ? "" : formatDate(next) },
          { title: "newest snapshot", cell: ({ newest }) => newestText(newest, nowSeconds) },
        ],
        listed,
        style,
      ),
  });
}

function resultText(record: JobRecord | undefined): string {
  return record === undefined ? "never run" : `${record.outcome}, ${formatDate(record.endedAt)}`;
}

function newestText(newest: readonly NewestSnapshot[], nowSeconds: number): string {
  return newest.map(({ repository, time, problem }) => {
    if (problem !== undefined) return `${repository}: unknown`;
    return `${repository}: ${time === undefined ? "none" : coarseAge(nowSeconds - time)}`;
  }).join(", ");
}
