import { PbsError, UsageError } from "../../lib/errors/mod.ts";
import {
  findSnapshot,
  isLatestPath,
  parseGroupOrSnapshotPath,
  type RepairRange,
  type Repository,
} from "../../lib/repository/mod.ts";
import type { SnapshotOutcome } from "../../lib/repair/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import { BACKUP_SPEC_FORMAT } from "../arguments/backup_spec_format.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { REPOSITORY_FORMAT } from "../arguments/value_formats.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import {
  OUTPUT_FORMAT_OPTION,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { RepairMessages } from "../output/repair/repair_messages.ts";
import { outcomeToJson, repairReportToJson } from "../output/repair/repair_to_json.ts";
import { openOthers } from "../repository/open_others.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** Word for all snapshots of a namespace and those below it. */
const EVERYTHING = "everything";
const KIBIBYTE = 1024;

/** `repair`: ours, takes what is damaged or missing from elsewhere. */
export const command: CommandDefinition = {
  description:
    "Find what is damaged or missing in a repository, take it from another repository or " +
    "from the source, and say which snapshots are whole again and what is lost.",
  positionals: [{
    name: "range",
    type: { kind: "string" },
    default: EVERYTHING,
    completion: "group-or-snapshot",
    description:
      "Snapshot type/id/time or type/id/latest, group type/id, or the word everything: " +
      "the namespace with all those below it.",
  }],
  options: [
    ...TARGET_OPTIONS,
    ...KEY_OPTIONS,
    {
      name: "from",
      type: { kind: "string", format: REPOSITORY_FORMAT },
      repeatable: true,
      completion: "repository",
      description:
        "Another repository to take good chunks and files from; may be given again, and " +
        "the first one that has something good counts.",
    },
    {
      name: "source",
      type: { kind: "string", format: BACKUP_SPEC_FORMAT, acceptsBytes: true },
      repeatable: true,
      completion: "backup-source",
      description:
        "What an archive was made of, as for backup (name.kind:path): it is read and cut " +
        "into chunks once more, and what is missing is taken from there. No snapshot is made.",
    },
    {
      name: "exclude",
      type: { kind: "string" },
      repeatable: true,
      description:
        "Exclude pattern of --source, as the backup had it; without it more is read, and " +
        "an index does not come back.",
    },
    {
      name: "chunk-size",
      type: { kind: "integer", minimum: 64, maximum: 4096 },
      default: 4096,
      completion: "chunk-size",
      description:
        "Average size of the chunks that --source is cut into, in KiB: that of the backup.",
    },
    {
      name: "recorded",
      type: { kind: "boolean" },
      default: false,
      description: "Read only snapshots that are known to be damaged: whose last verification " +
        "failed, or that name chunks which are missing or were found bad.",
    },
    {
      name: "dry-run",
      type: { kind: "boolean" },
      default: false,
      description: "Show what would be repaired and what is lost, change nothing.",
    },
    ...VERBOSITY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    WARNINGS_EXIT_OPTION,
  ],
  output: "value",
  run: repair,
};

async function repair(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  const format = valueFormat(values, context);
  const chunkSizeBytes = values.requiredInteger("chunk-size") * KIBIBYTE;
  if (!Number.isInteger(Math.log2(chunkSizeBytes))) {
    throw new UsageError(`Got unsupported chunk size '${chunkSizeBytes}'`);
  }
  const cryptOptions = readCryptOptions(values, context);
  await using repository = await openRepository(values, context);
  const range = await rangeOf(values, context, repository);
  await using others = await openOthers("from", values, context, repository);
  const crypt = await openRestoreKey(cryptOptions, context);
  const [{ runRepair }, { checkArchiveSources, parseArchiveSpec }] = await Promise.all([
    import("../../lib/repair/mod.ts"),
    import("../../lib/backup/mod.ts"),
  ]);
  const sources = values.arguments("source").map((each) => parseArchiveSpec(argumentBytes(each)));
  checkArchiveSources(sources, (level, line) => output.log(level, line));
  using signals = catchSignals(() => output.log("info", "got shutdown request (SIGINT)"));
  using messages = new RepairMessages(output, format, values.flag("dry-run"));
  const outcomes: SnapshotOutcome[] = [];
  let report;
  try {
    report = await runRepair({
      repository,
      range,
      others: others.repositories,
      sources,
      excludes: values.texts("exclude"),
      chunkSizeBytes,
      crypt,
      onlyRecorded: values.flag("recorded"),
      dryRun: values.flag("dry-run"),
      signal: signals.signal,
    }, {
      progress: messages.progress,
      log: (level, line) => messages.log(level, line),
      snapshotDone: (outcome) => {
        messages.snapshotDone(outcome);
        if (format !== "text") outcomes.push(outcome);
      },
    });
  } finally {
    signals.rethrow();
  }
  messages.finish(report);
  if (format !== "text") {
    const snapshots = outcomes.map(outcomeToJson);
    output.printJson({ ...repairReportToJson(report), snapshots }, format);
  }
  const { damaged } = report.snapshots;
  if (damaged === 0) return;
  throw new PbsError(
    damaged === 1 ? "1 snapshot is damaged" : `${damaged} snapshots are damaged`,
  );
}

async function rangeOf(
  values: CommandValues,
  { environment, output }: CommandContext,
  repository: Repository,
): Promise<RepairRange> {
  const namespace = selectNamespace(values, environment);
  const text = values.requiredText("range");
  if (text === EVERYTHING) return { namespace };
  if (isLatestPath(text)) {
    const { type, id, time } = await findSnapshot(
      repository,
      namespace,
      text,
      (line) => output.log("info", line),
    );
    return { namespace, group: { type, id }, time };
  }
  const { type, id, ...rest } = parseGroupOrSnapshotPath(text);
  return { namespace, group: { type, id }, ...("time" in rest ? { time: rest.time } : {}) };
}
