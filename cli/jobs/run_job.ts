import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import {
  type JobOutcome,
  type JobRecord,
  type RepositoryRecord,
  unmetCondition,
} from "../../lib/jobs/mod.ts";
import type { JobEntry } from "../configuration/jobs_file.ts";
import type { CommandContext } from "../command_context.ts";
import { runStep } from "./command_step.ts";
import { jobCommands, type RepositoryCommands } from "./job_commands.ts";
import { JobHooks } from "./job_hooks.ts";
import { jobSummary } from "./job_summary.ts";
import { describeError, PbsError } from "../../lib/errors/mod.ts";
import type { BackupType } from "../../lib/repository/mod.ts";

/** Needs of a run besides the job. */
export interface JobRunOptions {
  /** Aborted by the first signal that ends the run. */
  readonly signal: AbortSignal;
  /** Those of the process, for hooks. */
  readonly variables: Readonly<Record<string, string>>;
  /** Called when conditions are met, before anything else happens. */
  readonly onStart: () => void;
}

/**
 * Runs a job: conditions, hooks, and for each repository a backup, what is kept there and its
 * maintenance. Nothing that fails stops the repositories after it, but for a hook of before.
 *
 * @returns What became of it; nothing is written yet.
 */
export async function runJob(
  job: JobEntry,
  context: CommandContext,
  { signal, variables, onStart }: JobRunOptions,
): Promise<JobRecord> {
  const startedAt = now();
  const unmet = await unmetCondition({
    acPower: job.when.flag("ac-power"),
    mounted: job.when.texts("mounted"),
    reachable: job.when.texts("reachable"),
  });
  if (unmet !== undefined) {
    return record("skipped", unmet, { startedAt, repositories: [], problems: [] });
  }
  onStart();
  const told = (more: Record<string, string | undefined> = {}) => ({
    STARTED: String(startedAt),
    ...more,
  });
  await using hooks = new JobHooks(job, context.output, variables);
  const failures = await hooks.run("before", told(), { signal, isStrict: true });
  const isReady = failures.length === 0;
  const repositories: RepositoryRecord[] = [];
  for (const commands of jobCommands(job)) {
    repositories.push(
      isReady && !signal.aborted
        ? await runRepository(commands, context, signal)
        : { name: commands.repository.name, outcome: "skipped" },
    );
  }
  if (signal.aborted) failures.push("was ended by a signal");
  let outcome = outcomeOf(failures, repositories);
  const problems = [...failures];
  const summary = () =>
    jobSummary({
      problems,
      repositories,
      backsUp: job.keys.texts("sources").length > 0,
      maintains: job.maintain !== undefined,
    });
  const soFar = (): Record<string, string | undefined> => ({
    OUTCOME: outcome,
    ...describeRepositories(repositories),
    ERROR: outcome === "failed" ? summary() : undefined,
  });
  // What has to be put right again after a signal is put right as well.
  if (outcome === "failed") problems.push(...await hooks.run("on-failure", told(soFar())));
  const late = await hooks.run("after", told(soFar()));
  problems.push(...late);
  if (problems.length > 0 && outcome === "ok") outcome = "warnings";
  return record(outcome, summary(), { startedAt, repositories, problems });
}

async function runRepository(
  { repository: { name }, backup, prune, maintain }: RepositoryCommands,
  context: CommandContext,
  signal: AbortSignal,
): Promise<RepositoryRecord> {
  context.output.log("info", `Repository "${name}"`);
  let result: Pick<RepositoryRecord, "snapshot" | "unchanged" | "maintained"> = {};
  let warnings = 0;
  const failed = (problem: string | undefined): RepositoryRecord => (
    { name, outcome: "failed", ...result, problem }
  );
  try {
    if (backup !== undefined) {
      const made = await runStep(backup, context);
      if (!made.isOk) return failed(made.problem);
      result = resultOf(made.json);
      warnings += made.warnings;
    }
    if (prune !== undefined) {
      if (signal.aborted) return failed("ended before old snapshots were removed");
      const pruned = await runStep(prune, context);
      if (!pruned.isOk) return failed(`prune: ${pruned.problem}`);
      context.output.log("info", `Removed ${removedBy(pruned.json)} old snapshots`);
      warnings += pruned.warnings;
    }
    if (maintain !== undefined) {
      if (signal.aborted) return failed("ended before the maintenance");
      const done = await runStep(maintain, context);
      if (!done.isOk) {
        const problem = signal.aborted
          ? "ended by a signal, the next run goes on"
          : withoutStart(done.problem ?? "");
        return failed(`maintain: ${problem}`);
      }
      result = { ...result, maintained: true };
      // A step that somebody else was in the way of has no line with a warning.
      warnings += Math.max(done.warnings, hasWarnings(done.json) ? 1 : 0);
    }
    return { name, outcome: warnings > 0 ? "warnings" : "ok", ...result };
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    const problem = describeError(error).join(": ");
    context.output.errorLine(`Error: ${problem}`);
    return failed(problem);
  }
}

/** Whether the report of a maintenance says so. */
function hasWarnings(json: unknown): boolean {
  return (json as Record<string, unknown> | undefined)?.state === "warnings";
}

/** A problem of a maintenance without the words that say whose it is. */
function withoutStart(problem: string): string {
  return problem.replace(/^maintenance failed: /, "");
}

/** The snapshot that the report of a backup is about, or that there is none. */
function resultOf(json: unknown): Pick<RepositoryRecord, "snapshot" | "unchanged"> {
  const report = json as Record<string, unknown> | undefined;
  if (report?.unchanged === true) return { unchanged: true };
  const [type, id, time] = ["type", "id", "time"].map((part) => report?.[`backup-${part}`]);
  if (typeof type !== "string" || typeof id !== "string" || typeof time !== "number") return {};
  return { snapshot: formatSnapshotPath({ type: type as BackupType, id, time }) };
}

function removedBy(json: unknown): number {
  return Array.isArray(json) ? json.filter((each) => each?.keep === false).length : 0;
}

function outcomeOf(
  failures: readonly string[],
  repositories: readonly RepositoryRecord[],
): JobOutcome {
  if (failures.length > 0 || repositories.some(({ outcome }) => outcome === "failed")) {
    return "failed";
  }
  return repositories.some(({ outcome }) => outcome === "warnings") ? "warnings" : "ok";
}

function describeRepositories(
  repositories: readonly RepositoryRecord[],
): Record<string, string | undefined> {
  const made = repositories.filter(({ snapshot }) => snapshot !== undefined);
  const failed = repositories.filter(({ outcome }) => outcome === "failed");
  return {
    SNAPSHOT: made[0]?.snapshot,
    SNAPSHOTS: made.length === 0
      ? undefined
      : made.map(({ name, snapshot }) => `${name} ${snapshot}`).join("\n"),
    FAILED_REPOSITORIES: failed.length === 0 ? undefined : failed.map(({ name }) => name).join(" "),
  };
}

function record(
  outcome: JobOutcome,
  summary: string,
  rest: Pick<JobRecord, "startedAt" | "repositories" | "problems">,
): JobRecord {
  return { outcome, summary, endedAt: now(), ...rest };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
