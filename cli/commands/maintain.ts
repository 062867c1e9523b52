import { PbsError, UsageError } from "../../lib/errors/mod.ts";
import type { MaintenancePlan, MaintenanceReport, StepName } from "../../lib/maintenance/mod.ts";
import type { TaskLog, VerifyProgress } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { parseShare } from "../arguments/parse_share.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import { SHARE_FORMAT } from "../arguments/share_format.ts";
import { TIME_SPAN_FORMAT } from "../arguments/time_span_format.ts";
import { AUTH_ID_FORMAT } from "../arguments/value_formats.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { KEEP_OPTIONS, keepOptionsOf } from "../options/keep_options.ts";
import { GROUP_FILTER_OPTION } from "../options/group_filter_option.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import {
  OUTPUT_FORMAT_OPTION,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { describeMaintenance } from "../output/maintenance/describe_maintenance.ts";
import { maintenanceToJson } from "../output/maintenance/maintenance_to_json.ts";
import { describeVerification } from "../output/describe_verification.ts";
import { LiveLine } from "../output/live_line.ts";
import { valueFormat } from "../output/print_result.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { catchSignals } from "../signals/catch_signals.ts";

const STEPS: readonly StepName[] = ["prune", "garbage-collection", "verify"];

/** `maintain`: ours, everything that keeps a repository healthy in one run. */
export const command: CommandDefinition = {
  description: "Prune all groups, collect garbage and verify, in one run that another one can " +
    "go on with.",
  positionals: [],
  options: [
    ...TARGET_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    LOCK_WAIT_OPTION,
    {
      name: "max-depth",
      type: { kind: "integer", minimum: 0, maximum: 7 },
      description: "How many levels of namespaces below the given one; all if absent.",
    },
    {
      name: "owner",
      type: { kind: "string", minLength: 3, maxLength: 64, format: AUTH_ID_FORMAT },
      description: "Only groups of this user or token; a user stands for its tokens as well.",
    },
    GROUP_FILTER_OPTION,
    ...KEEP_OPTIONS,
    {
      name: "cutoff",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      description:
        "Remove garbage that was not used for this long; 1d5m if absent, in buckets 20h. " +
        "Not on servers.",
    },
    {
      name: "ignore-verified",
      type: { kind: "boolean" },
      default: true,
      description: "Leave out snapshots that were verified before, but see outdated-after.",
    },
    {
      name: "outdated-after",
      type: { kind: "integer", minimum: 0 },
      description: "Verify again what was verified more than this many days ago; 30 if absent " +
        "and no sample is wanted.",
    },
    {
      name: "sample",
      type: { kind: "string", format: SHARE_FORMAT },
      description: "Verify this share of all chunks, such as 5%, each run another one, so that " +
        "20 runs reach all; on a server, of all snapshots.",
    },
    {
      name: "skip",
      type: { kind: "enum", values: STEPS },
      repeatable: true,
      description: "Leave out a step.",
    },
    {
      name: "for",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      description: "End after this time, such as 2h; the next run goes on with what is left.",
    },
    {
      name: "dry-run",
      type: { kind: "boolean" },
      description: "Show what would be done, change nothing.",
    },
    ...VERBOSITY_OPTIONS,
    WARNINGS_EXIT_OPTION,
  ],
  output: "value",
  run: maintainRepository,
};

const DEFAULT_OUTDATED_AFTER_DAYS = 30;

async function maintainRepository(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  const format = valueFormat(values, context);
  const { maintain } = await import("../../lib/maintenance/mod.ts");
  const plan = await planOf(values);
  await using repository = await openRepository(values, context, { waitsForLocks: false });
  if (plan.cutoffSeconds !== undefined && repository.tasks !== undefined) {
    throw new UsageError(
      "--cutoff is for datastore directories: a server decides itself how old garbage must be",
    );
  }
  const log: TaskLog = (line, isProblem = false) => {
    if (isProblem) output.log("warn", line);
    else if (format === "text" && !output.isQuiet) output.printLine(line);
    else output.log("info", line);
  };
  using signals = catchSignals(() => output.log("info", "ending, the next run goes on"));
  let report: MaintenanceReport;
  {
    using live = new LiveLine<VerifyProgress>(output, describeVerification);
    report = await maintain(repository, plan, {
      log,
      signal: signals.signal,
      lockWait: lockWaitOf(values, context),
      onProgress: (progress) => live.state = progress,
    });
  }
  if (format === "text") output.print(describeMaintenance(report));
  else output.printJson(maintenanceToJson(report, repository.displayName, plan), format);
  signals.rethrow();
  if (report.state === "failed") throw new PbsError(failureOf(report));
}

async function planOf(values: CommandValues): Promise<MaintenancePlan> {
  const { parseGroupFilter } = await import("../../lib/filters/mod.ts");
  const spanOf = (name: string) => {
    const text = values.text(name);
    return text === undefined ? undefined : parseTimeSpan(text);
  };
  const share = parseShare(values.text("sample") ?? "");
  const days = values.integer("outdated-after");
  const isWhole = share === undefined || days !== undefined || values.has("ignore-verified");
  return {
    // Not PBS_NAMESPACE, as with prune: what is pruned is gone (spec: cli.md §10, pitfall 7).
    namespace: selectNamespace(values),
    maxDepth: values.integer("max-depth"),
    owner: values.text("owner"),
    filters: values.texts("group-filter").map(parseGroupFilter),
    keep: keepOptionsOf(values),
    skip: new Set(values.texts("skip") as StepName[]),
    cutoffSeconds: spanOf("cutoff"),
    whole: isWhole
      ? {
        ignoreVerified: values.flag("ignore-verified", true),
        outdatedAfterDays: days ?? DEFAULT_OUTDATED_AFTER_DAYS,
      }
      : undefined,
    sampleShare: share,
    timeLimitSeconds: spanOf("for"),
    dryRun: values.flag("dry-run"),
  };
}

function failureOf({ steps, badChunks, badSnapshots }: MaintenanceReport): string {
  const failed = steps.filter(({ state }) => state === "failed" || state === "refused");
  const causes = failed.map(({ step, state, message }) =>
    `${step} ${state}${message === undefined ? "" : ` (${message})`}`
  );
  if (badSnapshots.length > 0) causes.push(`bad snapshots: ${badSnapshots.length}`);
  if (badChunks.length > 0) causes.push(`bad chunks: ${badChunks.length}`);
  return `maintenance failed: ${causes.join("; ")}`;
}
