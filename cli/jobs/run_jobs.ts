import { LockedError, PbsError } from "../../lib/errors/mod.ts";
import { JobFolder, type JobRecord } from "../../lib/jobs/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { ReportedFailure } from "../background/reported_failure.ts";
import type { CommandContext } from "../command_context.ts";
import type { JobEntry } from "../configuration/jobs_file.ts";
import { openJobsFile } from "../configuration/open_jobs_file.ts";
import type { Output } from "../output/output.ts";
import { FAILURE } from "../run_command_line.ts";
import { catchSignals } from "../signals/catch_signals.ts";
import { JobAlerts } from "./job_alerts.ts";
import { jobRecordToJson } from "./job_record_to_json.ts";
import { chooseJobs } from "./choose_jobs.ts";
import { lastRecord } from "./last_record.ts";
import { runJob } from "./run_job.ts";
import { stateFolder } from "./state_folder.ts";

/** Exit code if all went well in some repositories and not in others. */
export const PARTIAL_FAILURE = 254;

/** `job run`: runs jobs one after the other, and ends with the code of the worst result. */
export async function runJobs(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const file = openJobsFile(values, context);
  const jobs = chooseJobs(values, file);
  const state = stateFolder(environment);
  const folder = new JobFolder(`${state}/jobs`);
  const records = new Map<JobEntry, JobRecord>();
  let isLocked = false;
  using signals = catchSignals(() => output.log("info", "interrupted, ending the job"));
  for (const job of jobs) {
    if (signals.signal.aborted) break;
    try {
      using _lock = folder.lock(job.name);
      const alerts = new JobAlerts(job, file, state, context);
      records.set(job, await runAndTell(job, alerts, context, { folder, signal: signals.signal }));
    } catch (error) {
      if (!(error instanceof LockedError) || jobs.length === 1) throw error;
      output.log("error", error.message);
      isLocked = true;
    }
  }
  printReport(records, values, output);
  signals.rethrow();
  const code = exitCode([...records.values()], isLocked, values.integer("skipped-exit") ?? 0);
  if (code !== 0) throw new ReportedFailure(code);
}

function printReport(
  records: ReadonlyMap<JobEntry, JobRecord>,
  values: CommandValues,
  output: Output,
): void {
  const format = values.text("output-format");
  if (format === "json" || format === "json-pretty") {
    output.printJson([...records].map(([job, each]) => jobRecordToJson(job.name, each)), format);
  }
}

async function runAndTell(
  job: JobEntry,
  alerts: JobAlerts,
  context: CommandContext,
  { folder, signal }: { readonly folder: JobFolder; readonly signal: AbortSignal },
): Promise<JobRecord> {
  const { output } = context;
  output.log("info", `Starting job "${job.name}"`);
  const before = lastRecord(folder, job.name, (line) => output.log("warn", line));
  const made = await runJob(job, context, {
    signal,
    variables: Deno.env.toObject(),
    onStart: () => alerts.start(),
  });
  const lastSuccess = made.outcome === "ok" || made.outcome === "warnings"
    ? made.endedAt
    : before?.lastSuccess;
  const record = { ...made, ...(lastSuccess === undefined ? {} : { lastSuccess }) };
  try {
    folder.write(job.name, record);
  } catch (error) {
    // The work has been done, whether or not anybody will remember.
    if (!(error instanceof PbsError)) throw error;
    output.log("warn", error.message);
  }
  const level = { ok: "info", skipped: "info", warnings: "warn", failed: "error" } as const;
  const outcome = record.outcome === "ok" ? "" : `${record.outcome}: `;
  output.log(level[record.outcome], `Job "${job.name}": ${outcome}${record.summary}`);
  await alerts.tell(record);
  return record;
}

/** Warnings are counted by the output. */
function exitCode(records: readonly JobRecord[], isLocked: boolean, skippedExit: number): number {
  const failed = records.filter(({ outcome }) => outcome === "failed");
  if (isLocked || failed.length > 0) {
    const hasGoodOnes = records.some(({ repositories }) =>
      repositories.some(({ outcome }) => outcome === "ok" || outcome === "warnings")
    );
    return hasGoodOnes ? PARTIAL_FAILURE : FAILURE;
  }
  return records.every(({ outcome }) => outcome === "skipped") ? skippedExit : 0;
}
