import type { BackupReport, BackupRequest, ChangeDetectionMode } from "../../lib/backup/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import {
  type BackupSnapshot,
  type BackupType,
  formatSnapshotPath,
  isSafeName,
} from "../../lib/repository/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import { BACKUP_SPEC_FORMAT } from "../arguments/backup_spec_format.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { SAFE_FORMAT } from "../arguments/value_formats.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { nameGroupOwner } from "../hints/name_group_owner.ts";
import { nameNewestSnapshot } from "../hints/name_newest_snapshot.ts";
import { openBackupKeys } from "../keys/open_backup_keys.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { COMMAND_SOURCE_OPTIONS, withCommandSource } from "../options/command_source.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { LEAVE_OUT_OPTIONS, readLeaveOut } from "../options/leave_out_options.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import {
  OUTPUT_FORMAT_OPTION,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "../options/output_options.ts";
import { METRICS_FILE_OPTION } from "../options/metrics_file_option.ts";
import { PICTURE_OPTIONS } from "../options/picture_options.ts";
import { DEPTH_OPTION, planRequestOf } from "../options/plan_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { withMetricsFile } from "../monitoring/with_metrics_file.ts";
import { BackupMessages } from "../output/backup_messages.ts";
import { backupReportToJson } from "../output/backup_report_to_json.ts";
import { firstSteps } from "../output/first_steps.ts";
import { formatDate } from "../output/format_date.ts";
import { tableStyle } from "../output/output_style.ts";
import { ServiceStatus } from "../output/service_status.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { selectRepository } from "../repository/select_repository.ts";
import { sentChunksOf } from "../repository/sent_chunks_of.ts";
import { warnOfRate } from "../repository/warn_of_rate.ts";
import { withPictures } from "../repository/with_pictures.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** `backup` (spec: cli.md §4.1). */
export const command: CommandDefinition = {
  description: "Back up directories, images and files into one snapshot.",
  positionals: [{
    name: "backupspec",
    type: { kind: "string", format: BACKUP_SPEC_FORMAT, acceptsBytes: true },
    required: true,
    repeatable: true,
    completion: "backup-source",
    description: "What to back up: name.kind:path, where the kind is pxar for a directory, img " +
      "for an image or block device, conf or log for a single file.",
  }],
  options: [
    ...TARGET_OPTIONS,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    ...COMMAND_SOURCE_OPTIONS,
    ...PICTURE_OPTIONS,
    ...LEAVE_OUT_OPTIONS,
    {
      name: "all-file-systems",
      type: { kind: "boolean" },
      default: false,
      description: "Enter mounted file systems.",
    },
    {
      name: "backup-id",
      type: { kind: "string", format: SAFE_FORMAT },
      description: "Id of the group; the host's name without domain if absent.",
    },
    {
      name: "backup-time",
      type: { kind: "integer", minimum: 1 },
      description: "Time of the snapshot, seconds since 1970; now if absent.",
    },
    {
      name: "backup-type",
      type: { kind: "enum", values: ["vm", "ct", "host"] },
      description: "Type of the group; host if absent.",
    },
    {
      name: "change-detection-mode",
      type: { kind: "enum", values: ["legacy", "data", "metadata"] },
      default: "legacy",
      description: "How files that have not changed are found: all modes but metadata read " +
        "every file; legacy writes one archive, the others split it into metadata and data; " +
        "metadata takes over from the last snapshot the contents of files whose metadata is " +
        "the same.",
    },
    {
      name: "chunk-size",
      type: { kind: "integer", minimum: 64, maximum: 4096 },
      default: 4096,
      completion: "chunk-size",
      description: "Average size of the chunks of file archives in KiB, a power of two.",
    },
    DEPTH_OPTION,
    {
      name: "dry-run",
      type: { kind: "boolean" },
      default: false,
      description: "Show what would be done, and what would be stored; store nothing.",
    },
    {
      name: "entries-max",
      type: { kind: "integer" },
      default: 1048576,
      description: "How many directory entries to hold in memory at most; negative for no limit.",
    },
    {
      name: "exclude",
      type: { kind: "string" },
      repeatable: true,
      description:
        "Pattern of files to leave out, as in files named .pxarexclude: with *, ?, [...] " +
        "and ** for any depth; a leading slash anchors it, a trailing one means directories " +
        "only, a leading ! takes back what an earlier pattern leaves out.",
    },
    {
      name: "include-dev",
      type: { kind: "string", acceptsBytes: true },
      repeatable: true,
      completion: "file-name",
      description: "Path on another file system to enter. Excludes --all-file-systems.",
    },
    {
      name: "init",
      type: { kind: "boolean" },
      default: false,
      description: "Create the datastore directory if there is none.",
    },
    {
      name: "master-pubkey-fd",
      type: { kind: "integer", minimum: 0 },
      description: "File descriptor to read the public master key from.",
    },
    {
      name: "master-pubkey-file",
      type: { kind: "string" },
      completion: "file-name",
      description: "File with the public master key.",
    },
    {
      name: "no-cache",
      type: { kind: "boolean" },
      default: false,
      description: "Let the server bypass its cache.",
    },
    {
      ...OUTPUT_FORMAT_OPTION,
      description: "Also print a report of the run in this form.",
    },
    {
      name: "reread-every",
      type: { kind: "integer", minimum: 1, maximum: 1000 },
      description:
        "In change detection mode metadata, read some of the unchanged files again in each " +
        "run, and all of them within this many runs: finds contents that changed although " +
        "the metadata did not.",
    },
    {
      name: "retry",
      type: { kind: "integer", minimum: 0, maximum: 100 },
      default: 3,
      description:
        "How often to start the snapshot again when the connection is lost; if given, also " +
        "when the first connection fails.",
    },
    LOCK_WAIT_OPTION,
    METRICS_FILE_OPTION,
    {
      name: "skip-e2big-xattr",
      type: { kind: "boolean" },
      default: false,
      description: "Leave out extended attributes that are too long, instead of failing.",
    },
    {
      name: "skip-if-unchanged",
      type: { kind: "boolean" },
      default: false,
      description:
        "Make no snapshot if the last one of the group has the same archives. In change detection " +
        "mode metadata that is seen without reading files, else all of them are read.",
    },
    {
      name: "skip-lost-and-found",
      type: { kind: "boolean" },
      default: false,
      description: "Leave out lost+found directories.",
    },
    WARNINGS_EXIT_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    await withMetricsFile(values, context, () => runBackupCommand(values, context));
  },
};

const KIBIBYTE = 1024;

async function runBackupCommand(
  values: CommandValues,
  context: CommandContext,
): Promise<BackupReport> {
  const { environment, output } = context;
  // Before all else, so that a missing repository is what is reported.
  selectRepository(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const {
    checkArchiveSources,
    checkIncludeDevices,
    newBackupProgress,
    parseArchiveSpec,
    retryBackup,
  } = await import("../../lib/backup/mod.ts");
  const leaveOut = await readLeaveOut(values);
  const plan = planRequestOf(values, output);
  const options = {
    ...requestOptions(values),
    ...(leaveOut === undefined ? {} : { leaveOut }),
    ...(plan === undefined ? {} : { plan }),
    archives: withCommandSource(
      values.arguments("backupspec").map((word) => parseArchiveSpec(argumentBytes(word))),
      values,
    ),
  };
  checkArchiveSources(options.archives, (level, line) => output.log(level, line));
  checkIncludeDevices(options.includeDevices);
  await checkExcludes(options.excludes);
  const namespace = selectNamespace(values, environment);
  const snapshot = chooseSnapshot(values);
  warnOfRate(values, context);

  const status = new ServiceStatus(environment);
  const path = formatSnapshotPath(snapshot);
  output.log("info", `Starting backup: ${namespace === "" ? "" : `[${namespace}]:`}${path}`);
  output.log("info", `Client name: ${shortHostName()}`);
  output.log("info", `Starting backup protocol: ${formatDate(Date.now() / 1000)}`);
  const crypt = await openBackupKeys(cryptOptions, context);
  const { dryRun } = options;
  const create = values.flag("init") && !dryRun;
  await using repository = await openRepository(values, context, {
    create,
    keepsNothing: dryRun,
    ...(values.has("retry") ? { retries: values.requiredInteger("retry") } : {}),
  });
  // Whatever becomes of the run (spec: cli.md §5.1).
  if (dryRun) context.use.leaveUncounted();
  else await context.use.record();
  using sent = dryRun ? undefined : await sentChunksOf(context, namespace, snapshot, crypt);
  using signals = catchSignals(() => output.log("info", "interrupted, dropping the snapshot"));
  using messages = new BackupMessages(
    output,
    newBackupProgress(),
    repository.displayName,
    dryRun,
    status,
  );
  try {
    const request = {
      ...options,
      repository,
      namespace,
      snapshot,
      ...(crypt === undefined ? {} : { crypt }),
      signal: signals.signal,
      ...(sent === undefined ? {} : { sent }),
    };
    const retry = {
      retries: values.requiredInteger("retry"),
      coversFirstConnection: values.has("retry"),
      mayChangeTime: values.integer("backup-time") === undefined,
      lockWait: lockWaitOf(values, context),
    };
    const back = (pictured: typeof request) => retryBackup(pictured, messages, retry);
    const report = await withPictures(request, values, context, back);
    messages.finish(report);
    // Only who asked for a new datastore is a newcomer; scripts see the lines they know.
    if (create) {
      const steps = firstSteps({
        program: environment.get("PBS_CLIENT_PROGRAM") || "pbs-client",
        repository: repository.displayName,
        namespace,
        group: `${snapshot.type}/${snapshot.id}`,
        archives: options.archives,
        keyFile: values.text("keyfile"),
      });
      for (const line of steps) output.log("info", line);
    }
    const format = values.text("output-format");
    if (format === "json" || format === "json-pretty") {
      output.printJson(backupReportToJson(report, namespace), format);
    } else if (report.planned !== undefined) {
      const { planToText } = await import("../output/plan/plan_text.ts");
      output.print(planToText(report.planned, tableStyle(environment, output.resultWidth)));
    }
    return report;
  } catch (error) {
    status.show("Ended without a snapshot");
    signals.rethrow();
    const named = await nameNewestSnapshot(error, repository, namespace, snapshot);
    throw await nameGroupOwner(named, repository, namespace, snapshot, authIdOf(context));
  }
}

/** The run as the options ask for it (spec: cli.md §4.1). */
function requestOptions(
  values: CommandValues,
): Omit<BackupRequest, "repository" | "namespace" | "snapshot" | "signal" | "archives"> {
  const chunkSizeBytes = values.requiredInteger("chunk-size") * KIBIBYTE;
  if (!Number.isInteger(Math.log2(chunkSizeBytes))) {
    throw new UsageError(`Got unsupported chunk size '${chunkSizeBytes}'`);
  }
  const allFileSystems = values.flag("all-file-systems");
  const includeDevices = values.arguments("include-dev").map(argumentBytes);
  if (values.flag("one-file-system") && (allFileSystems || includeDevices.length > 0)) {
    const other = allFileSystems ? "all-file-systems" : "include-dev";
    throw new UsageError(`option 'one-file-system' conflicts with option '${other}'`);
  }
  if (allFileSystems && includeDevices.length > 0) {
    throw new UsageError("option 'all-file-systems' conflicts with option 'include-dev'");
  }
  const rereadEvery = values.integer("reread-every");
  const skipIfUnchanged = values.flag("skip-if-unchanged");
  if (skipIfUnchanged && rereadEvery !== undefined) {
    // How far reading has come is kept in the snapshot.
    throw new UsageError("option 'skip-if-unchanged' conflicts with option 'reread-every'");
  }
  const entriesMax = values.requiredInteger("entries-max");
  return {
    excludes: values.texts("exclude"),
    skipLostAndFound: values.flag("skip-lost-and-found"),
    allFileSystems,
    includeDevices,
    entriesMax: entriesMax < 0 ? Number.MAX_SAFE_INTEGER : entriesMax,
    chunkSizeBytes,
    dryRun: values.flag("dry-run"),
    skipIfUnchanged,
    noCache: values.flag("no-cache"),
    skipE2bigXattr: values.flag("skip-e2big-xattr"),
    ...(rereadEvery === undefined ? {} : { rereadEvery }),
    changeDetectionMode: values.requiredText("change-detection-mode") as ChangeDetectionMode,
  };
}

/** Refuses malformed patterns before anything is begun (spec: cli.md §4.1.1). */
async function checkExcludes(patterns: readonly string[]): Promise<void> {
  const { MatchEntry } = await import("../../lib/fs/mod.ts");
  const encoder = new TextEncoder();
  for (const pattern of patterns) {
    try {
      new MatchEntry(encoder.encode(pattern));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`invalid exclude pattern entry: ${error.message}`);
    }
  }
}

function chooseSnapshot(values: CommandValues): BackupSnapshot {
  const time = values.integer("backup-time") ?? Math.floor(Date.now() / 1000);
  const id = values.text("backup-id") ?? shortHostName();
  if (!isSafeName(id)) {
    throw new UsageError(`the host name '${id}' cannot be a backup id, give --backup-id`);
  }
  return { type: (values.text("backup-type") ?? "host") as BackupType, id, time };
}

/** Whom the repository is used as; of a directory it is always the same. */
function authIdOf({ use: { address } }: CommandContext): string {
  return address?.kind === "server" && address.authId !== undefined ? address.authId : "root@pam";
}

function shortHostName(): string {
  return Deno.hostname().split(".")[0]!;
}
