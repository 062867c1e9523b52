import { UsageError } from "../../lib/errors/mod.ts";
import { findSnapshot, parseArchiveName } from "../../lib/repository/mod.ts";
import { newRestoreProgress, type RestoreRequest, runRestore } from "../../lib/restore/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { warnOfRate } from "../environment/warn_of_rate.ts";
import { openRepository } from "../environment/open_repository.ts";
import { openRestoreKey } from "../environment/open_restore_key.ts";
import { readCryptOptions } from "../environment/read_crypt_options.ts";
import { selectNamespace } from "../environment/select_namespace.ts";
import { isBrokenPipe } from "../output/is_broken_pipe.ts";
import { ClosedOutputError } from "../output/output.ts";
import { RestoreMessages } from "../output/restore_messages.ts";
import { catchSignals } from "./catch_signals.ts";

/** `restore` (spec: cli.md §4.2). */
export async function runRestoreCommand(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { environment, output } = context;
  await using repository = await openRepository(values, context);
  warnOfRate(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const archiveName = values.requiredText("archive-name");
  checkArchiveName(archiveName);
  const namespace = selectNamespace(values, environment);
  const snapshot = await findSnapshot(
    repository,
    namespace,
    values.requiredText("snapshot"),
    (line) => output.log("info", line),
  );
  const options = requestOptions(values);
  if (options.target === "-" && options.patterns.length > 0) {
    throw new UsageError("patterns not allowed when restoring to stdout");
  }
  const crypt = await openRestoreKey(cryptOptions, context);
  await using source = await repository.openSnapshot(namespace, snapshot);
  using signals = catchSignals(() => output.log("info", "interrupted"));
  const keySource = cryptOptions.mode === "none" ? undefined : cryptOptions.key.source;
  using messages = new RestoreMessages(output, newRestoreProgress(), keySource);
  try {
    const report = await runRestore(
      {
        ...options,
        source,
        archiveName,
        ...(crypt === undefined ? {} : { crypt }),
        signal: signals.signal,
      },
      messages,
    );
    messages.finish(report);
  } catch (error) {
    signals.rethrow();
    messages.fail();
    if (options.target === "-" && isBrokenPipe(error)) {
      throw new ClosedOutputError("Standard output is closed", { cause: error });
    }
    throw error;
  }
}

/** Refuses a name that tells no type, before anything is read (spec: cli.md §6.4). */
function checkArchiveName(name: string): void {
  try {
    parseArchiveName(name);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`failed to parse archive type for '${name}'`, {
      situation: { kind: "archive-name-without-type", name },
    });
  }
}

/** What the options say about the run (spec: cli.md §4.2). */
function requestOptions(
  values: CommandValues,
): Omit<RestoreRequest, "source" | "archiveName" | "signal"> {
  const overwrite = values.flag("overwrite");
  const preludeTarget = values.bytes("prelude-target");
  return {
    target: values.text("target") === "-" ? "-" : values.bytes("target")!,
    patterns: values.texts("pattern"),
    allowExistingDirs: values.flag("allow-existing-dirs"),
    overwriteFiles: overwrite || values.flag("overwrite-files"),
    overwriteSymlinks: overwrite || values.flag("overwrite-symlinks"),
    overwriteHardlinks: overwrite || values.flag("overwrite-hardlinks"),
    overwriteOthers: overwrite,
    ignoreAcls: values.flag("ignore-acls"),
    ignoreFcaps: values.flag("ignore-fcaps"),
    ignoreFlags: values.flag("ignore-flags"),
    ignoreXattrs: values.flag("ignore-xattrs"),
    ignoreOwnership: values.flag("ignore-ownership"),
    ignorePermissions: values.flag("ignore-permissions"),
    ignoreExtractDeviceErrors: values.flag("ignore-extract-device-errors"),
    ...(preludeTarget === undefined ? {} : { preludeTarget }),
  };
}
