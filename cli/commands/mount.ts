import type { CryptConfig } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { ReadOnlyFileSystem } from "../../lib/fuse/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  findSnapshot,
  parseGroupPath,
  type Repository,
} from "../../lib/repository/mod.ts";
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
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEYFILE_OPTION } from "../options/crypt_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { selectRepository } from "../repository/select_repository.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** `mount` (spec: cli.md §4.12). */
export const command: CommandDefinition = {
  description:
    "Show a file archive as a read-only file system, or with --all a whole repository, of which " +
    "only the folder is named then. The command returns when the files are there; they stay until " +
    "fusermount3 -u, or SIGTERM to the process in the background.",
  positionals: [
    GROUP_OR_SNAPSHOT_POSITIONAL,
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
  lastAloneWith: "all",
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    {
      name: "all",
      type: { kind: "boolean" },
      default: false,
      description:
        "Show the namespace with all groups, snapshots and archives, and the namespaces " +
        "below it, as folders.",
    },
    {
      name: "group",
      type: { kind: "string" },
      repeatable: true,
      completion: "group",
      description: "With --all: show only this group, type/id. Can be specified more than once.",
    },
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
    return await serveFiles(values, context, isDetached);
  }
  // What is plainly wrong is told without another process.
  selectRepository(values, context);
  checkWhatToShow(values);
  await runInBackground();
}

type Log = (level: "debug" | "info" | "warn" | "error", line: string) => void;

/** Something to mount, from a repository that is open. */
interface Shown extends AsyncDisposable {
  readonly fileSystem: ReadOnlyFileSystem;
}

/** Ingredients of what is mounted. */
interface Ingredients {
  readonly repository: Repository;
  readonly namespace: string;
  readonly crypt: CryptConfig | undefined;
  readonly observer: { readonly log: Log };
}

/** Mounts, and answers until it is unmounted or a signal comes; in the background the system's log hears. */
async function serveFiles(
  values: CommandValues,
  context: CommandContext,
  isDetached: boolean,
): Promise<void> {
  const { environment, output } = context;
  const { FuseSession, logToSystem, returnLargeBlocks } = await import("../../lib/fuse/mod.ts");
  returnLargeBlocks();
  let isReady = false;
  const log: Log = (level, line) => {
    output.log(level, line);
    if (isReady && isDetached) logToSystem("pbs-client", level, line);
  };
  await using repository = await openRepository(values, context, {
    alsoFrom: { log, isLasting: true },
  });
  const cryptOptions = readCryptOptions(values, context);
  checkWhatToShow(values);
  const namespace = selectNamespace(values, environment);
  const snapshot = values.flag("all")
    ? undefined
    : await findSnapshot(repository, namespace, values.requiredText("snapshot"), (line) => {
      log("info", line);
    });
  // A namespace that is not there, or may not be seen, is told before anything is mounted.
  if (snapshot === undefined) await repository.listGroups(namespace);
  const crypt = await openRestoreKey(cryptOptions, context);
  using signals = catchSignals(() => {});
  const ingredients = { repository, namespace, crypt, observer: { log } };
  await using shown = snapshot === undefined
    ? await showAll(ingredients, values.texts("group").map(parseGroupPath))
    : await showArchive(ingredients, snapshot, values.requiredText("archive-name"));
  if (crypt !== undefined && cryptOptions.mode !== "none") {
    log("info", describeKeySource(cryptOptions.key.source, "encryption"));
    log("info", `Encryption key fingerprint: '${crypt.keyId}'`);
  }
  const session = await FuseSession.mount({
    fileSystem: shown.fileSystem,
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

async function showArchive(
  { repository, namespace, crypt, observer }: Ingredients,
  snapshot: BackupSnapshot,
  name: string,
): Promise<Shown> {
  const { ArchiveFileSystem, OpenedArchive } = await import("../../lib/mount/mod.ts");
  const open = () => repository.openSnapshot(namespace, snapshot);
  const archive = await OpenedArchive.open({ open, crypt, name, observer });
  const fileSystem = new ArchiveFileSystem(archive.reader.tree);
  return {
    fileSystem,
    [Symbol.asyncDispose]: async () => {
      // What waits for a server only ends when the connection does.
      await Promise.all([fileSystem.idle(), archive[Symbol.asyncDispose]()]);
    },
  };
}

async function showAll(ingredients: Ingredients, groups: readonly BackupGroup[]): Promise<Shown> {
  const { RepositoryFileSystem } = await import("../../lib/mount/mod.ts");
  const { uid, gid } = await Deno.stat("/proc/self") as { uid: number; gid: number };
  const fileSystem = new RepositoryFileSystem({ ...ingredients, groups, owner: { uid, gid } });
  return { fileSystem, [Symbol.asyncDispose]: () => fileSystem[Symbol.asyncDispose]() };
}

/** Refuses what cannot be shown, before anything is read (spec: cli.md §4.12). */
function checkWhatToShow(values: CommandValues): void {
  if (values.flag("all")) {
    if (values.has("snapshot") || values.has("archive-name")) {
      throw new UsageError("--all shows all archives, and none is named with it");
    }
    values.texts("group").forEach(parseGroupPath);
    return;
  }
  if (values.has("group")) throw new UsageError("--group is for --all; name a snapshot without it");
  if (checkArchiveName(values.requiredText("archive-name")).kind !== "fixed") return;
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
