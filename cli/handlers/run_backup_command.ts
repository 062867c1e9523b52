import {
  type ArchiveSpec,
  type BackupRequest,
  type ChangeDetectionMode,
  checkArchiveSources,
  checkIncludeDevices,
  newBackupProgress,
  parseArchiveSpec,
  retryBackup,
} from "../../lib/backup/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { MatchEntry } from "../../lib/fs/mod.ts";
import {
  type BackupSnapshot,
  type BackupType,
  formatSnapshotPath,
  isSafeName,
} from "../../lib/repository/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { warnOfRate } from "../environment/warn_of_rate.ts";
import { openBackupKeys } from "../environment/open_backup_keys.ts";
import { lockWaitOf } from "../environment/lock_wait.ts";
import { nameGroupOwner } from "./name_group_owner.ts";
import { nameNewestSnapshot } from "./name_newest_snapshot.ts";
import { openRepository } from "../environment/open_repository.ts";
import { readCryptOptions } from "../environment/read_crypt_options.ts";
import { selectNamespace } from "../environment/select_namespace.ts";
import { selectRepository } from "../environment/select_repository.ts";
import { BackupMessages } from "../output/backup_messages.ts";
import { backupReportToJson } from "../output/backup_report_to_json.ts";
import { firstSteps } from "../output/first_steps.ts";
import { formatDate } from "../output/format_date.ts";
import { catchSignals } from "./catch_signals.ts";

const KIBIBYTE = 1024;
const DEFAULT_CHUNK_SIZE_KIB = 4096;
const DEFAULT_RETRIES = 3;
const DEFAULT_ENTRIES_MAX = 1048576;
/** Last second of the year 9999: snapshot paths have four digits for the year. */
const LAST_TIME = 253402300799;

/** `backup` (spec: cli.md §4.1). */
export async function runBackupCommand(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { environment, output } = context;
  // Before all else, so that a missing repository is what is reported.
  selectRepository(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const options = requestOptions(values);
  checkArchiveSources(options.archives, (level, line) => output.log(level, line));
  checkIncludeDevices(options.includeDevices);
  checkExcludes(options.excludes);
  const namespace = selectNamespace(values, environment);
  const snapshot = chooseSnapshot(values);
  warnOfRate(values, context);

  const path = formatSnapshotPath(snapshot);
  output.log("info", `Starting backup: ${namespace === "" ? "" : `[${namespace}]:`}${path}`);
  output.log("info", `Client name: ${shortHostName()}`);
  output.log("info", `Starting backup protocol: ${formatDate(Date.now() / 1000)}`);
  const crypt = await openBackupKeys(cryptOptions, context);
  const create = values.flag("init") && !options.dryRun;
  await using repository = await openRepository(values, context, create);
  // Whatever becomes of the run (spec: cli.md §5.1).
  context.use.record();
  using signals = catchSignals(() => output.log("info", "interrupted, dropping the snapshot"));
  using messages = new BackupMessages(
    output,
    newBackupProgress(),
    repository.displayName,
    options.dryRun,
  );
  try {
    const report = await retryBackup(
      {
        ...options,
        repository,
        namespace,
        snapshot,
        ...(crypt === undefined ? {} : { crypt }),
        signal: signals.signal,
      },
      messages,
      {
        retries: values.integer("retry") ?? DEFAULT_RETRIES,
        coversFirstConnection: values.has("retry"),
        mayChangeTime: values.integer("backup-time") === undefined,
        lockWait: lockWaitOf(values, context),
      },
    );
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
    }
  } catch (error) {
    signals.rethrow();
    const named = await nameNewestSnapshot(error, repository, namespace, snapshot);
    throw await nameGroupOwner(named, repository, namespace, snapshot, authIdOf(context));
  }
}

/** What the options say about the run (spec: cli.md §4.1). */
function requestOptions(
  values: CommandValues,
): Omit<BackupRequest, "repository" | "namespace" | "snapshot" | "signal"> {
  const chunkSizeBytes = (values.integer("chunk-size") ?? DEFAULT_CHUNK_SIZE_KIB) * KIBIBYTE;
  if (!Number.isInteger(Math.log2(chunkSizeBytes))) {
    throw new UsageError(`Got unsupported chunk size '${chunkSizeBytes}'`);
  }
  const allFileSystems = values.flag("all-file-systems");
  const includeDevices = values.arguments("include-dev").map(argumentBytes);
  if (allFileSystems && includeDevices.length > 0) {
    throw new UsageError("option 'all-file-systems' conflicts with option 'include-dev'");
  }
  const rereadEvery = values.integer("reread-every");
  const entriesMax = values.integer("entries-max") ?? DEFAULT_ENTRIES_MAX;
  return {
    archives: values.arguments("backupspec").map((word): ArchiveSpec =>
      parseArchiveSpec(argumentBytes(word))
    ),
    excludes: values.texts("exclude"),
    skipLostAndFound: values.flag("skip-lost-and-found"),
    allFileSystems,
    includeDevices,
    entriesMax: entriesMax < 0 ? Number.MAX_SAFE_INTEGER : entriesMax,
    chunkSizeBytes,
    dryRun: values.flag("dry-run"),
    noCache: values.flag("no-cache"),
    skipE2bigXattr: values.flag("skip-e2big-xattr"),
    ...(rereadEvery === undefined ? {} : { rereadEvery }),
    changeDetectionMode: (values.text("change-detection-mode") ?? "legacy") as ChangeDetectionMode,
  };
}

/** Refuses malformed patterns before anything is begun (spec: cli.md §4.1.1). */
function checkExcludes(patterns: readonly string[]): void {
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
  if (time > LAST_TIME) throw new UsageError(`backup time ${time} is beyond the year 9999`);
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
