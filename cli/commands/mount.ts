import { UsageError } from "../../lib/errors/mod.ts";
import { findSnapshot } from "../../lib/repository/mod.ts";
import { checkArchiveName } from "../arguments/check_archive_name.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { SAFE_FORMAT } from "../arguments/value_formats.ts";
import {
  goToBackground,
  isInBackground,
  runInBackground,
} from "../background/run_in_background.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { describeKeySource } from "../keys/key_source.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { KEYFILE_OPTION } from "../options/crypt_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { selectRepository } from "../repository/select_repository.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** `mount` (spec: cli.md §4.12). */
export const command: CommandDefinition = {
  description:
    "Show a file archive as a read-only file system. The command returns when the files are there; " +
    "they stay until fusermount3 -u, or SIGTERM to the process in the background.",
  positionals: [
    {
      ...SNAPSHOT_POSITIONAL,
      completion: "group-or-snapshot",
      description:
        "Snapshot type/id/time; group type/id, or type/id/latest, for the newest finished one.",
    },
    {
      name: "archive-name",
      type: { kind: "string", format: SAFE_FORMAT },
      required: true,
      completion: "tree-archive-name",
      description: "File archive, e.g. root.pxar.",
    },
    {
      name: "target",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "Folder to show the files in.",
    },
  ],
  options: [
    ...TARGET_OPTIONS,
    KEYFILE_OPTION,
    ...RATE_OPTIONS,
    {
      name: "verbose",
      type: { kind: "boolean" },
      default: false,
      description: "Stay in the foreground, until Ctrl-C or until it is unmounted.",
    },
  ],
  output: "none",
  run: mount,
};

async function mount(values: CommandValues, context: CommandContext): Promise<void> {
  const isDetached = !values.flag("verbose");
  if (!isDetached || isInBackground(context.environment)) {
    return await serveArchive(values, context, isDetached);
  }
  // What is plainly wrong is told without another process.
  selectRepository(values, context);
  checkFileArchive(values.requiredText("archive-name"));
  await runInBackground();
}

/** Mounts, and answers until it is unmounted or a signal comes; in the background the system's log hears. */
async function serveArchive(
  values: CommandValues,
  context: CommandContext,
  isDetached: boolean,
): Promise<void> {
  const { environment, output } = context;
  const [{ FuseSession, logToSystem, returnLargeBlocks }, { ArchiveFileSystem, OpenedArchive }] =
    await Promise.all([
      import("../../lib/fuse/mod.ts"),
      import("../../lib/mount/mod.ts"),
    ]);
  returnLargeBlocks();
  let isReady = false;
  const log = (level: "debug" | "info" | "warn" | "error", line: string) => {
    output.log(level, line);
    if (isReady && isDetached) logToSystem("pbs-client", level, line);
  };
  await using repository = await openRepository(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const name = values.requiredText("archive-name");
  checkFileArchive(name);
  const namespace = selectNamespace(values, environment);
  const wanted = values.requiredText("snapshot");
  const snapshot = await findSnapshot(repository, namespace, wanted, (line) => log("info", line));
  const crypt = await openRestoreKey(cryptOptions, context);
  using signals = catchSignals(() => {});
  await using archive = await OpenedArchive.open({
    open: () => repository.openSnapshot(namespace, snapshot),
    crypt,
    name,
    observer: { log },
  });
  if (crypt !== undefined && cryptOptions.mode !== "none") {
    log("info", describeKeySource(cryptOptions.key.source, "encryption"));
    log("info", `Encryption key fingerprint: '${crypt.keyId}'`);
  }
  const session = await FuseSession.mount({
    fileSystem: new ArchiveFileSystem(archive.reader.tree),
    mountPoint: values.requiredText("target"),
    onFailure: tellOnce((operation, error) =>
      log("error", `${operation}: ${error instanceof Error ? error.message : error}`)
    ),
  });
  if (isDetached) goToBackground();
  isReady = true;
  const stopped = new Promise<void>((resolve) =>
    signals.signal.addEventListener("abort", () => resolve())
  );
  await Promise.race([session.ended, stopped]);
  if (await session.unmount() === "detached") {
    log("warn", `"${session.mountPoint}" is in use; who uses it cannot read on`);
  }
}

/** Refuses what is no file archive, before anything is read (spec: cli.md §4.12). */
function checkFileArchive(name: string): void {
  if (checkArchiveName(name).kind !== "fixed") return;
  throw new UsageError("use the 'map' command to map drive images");
}

/** Kinds of failures that are remembered. */
const MAX_TOLD = 1000;

/** Leaves out failures with the reason of an earlier one: a damaged chunk is met page by page. */
function tellOnce(
  tell: (operation: string, error: unknown) => void,
): (operation: string, error: unknown) => void {
  const told = new Set<string>();
  return (operation, error) => {
    const reason = String(error instanceof Error && error.cause || error);
    if (told.has(reason)) return;
    if (told.size < MAX_TOLD) told.add(reason);
    tell(operation, error);
  };
}
