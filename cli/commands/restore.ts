import { UsageError } from "../../lib/errors/mod.ts";
import { findSnapshot } from "../../lib/repository/mod.ts";
import type { RestoreRequest } from "../../lib/restore/mod.ts";
import { checkArchiveName } from "../arguments/check_archive_name.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { PATTERN_FORMAT } from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { VERBOSITY_OPTIONS, WARNINGS_EXIT_OPTION } from "../options/output_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { isBrokenPipe } from "../output/is_broken_pipe.ts";
import { ClosedOutputError } from "../output/output.ts";
import { RestoreMessages } from "../output/restore_messages.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { warnOfRate } from "../repository/warn_of_rate.ts";
import { catchSignals } from "../signals/catch_signals.ts";

function flag(name: string, description: string): Parameter {
  return { name, type: { kind: "boolean" }, default: false, description };
}

/** `restore` (spec: cli.md §4.2). */
export const command: CommandDefinition = {
  description: "Restore an archive of a snapshot.",
  positionals: [
    GROUP_OR_SNAPSHOT_POSITIONAL,
    {
      name: "archive-name",
      type: { kind: "string" },
      required: true,
      completion: "archive-name",
      description: "Archive, e.g. root.pxar.",
    },
    {
      name: "target",
      type: { kind: "string", acceptsBytes: true },
      required: true,
      completion: "file-name",
      description: "Directory or file to restore to; - for the standard output.",
    },
  ],
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    flag("allow-existing-dirs", "Accept directories that exist already."),
    flag("delete", "With --in-place: remove what the archive does not have."),
    flag("dry-run", "With --in-place: only print what would change, one line each."),
    {
      name: "format",
      type: { kind: "enum", values: ["pxar", "tar"] },
      description:
        "Form in which a file archive goes to the standard output, also a split one or " +
        "with --pattern: one pxar archive, or tar. Without it, as it is stored.",
    },
    flag("ignore-acls", "Do not restore ACLs."),
    flag("ignore-extract-device-errors", "Go on if device nodes cannot be created."),
    flag("ignore-fcaps", "Do not restore file capabilities."),
    flag("ignore-flags", "Do not restore attribute flags and quota project ids."),
    flag(
      "ignore-ownership",
      "Do not restore owners, and neither set-id bits nor file capabilities of other owners.",
    ),
    flag("ignore-permissions", "Do not restore permissions."),
    flag("ignore-xattrs", "Do not restore extended attributes, except file capabilities."),
    flag(
      "in-place",
      "Make the target equal to the archive: what is the same already stays untouched.",
    ),
    flag("overwrite", "Replace entries that exist, whatever they are; never a directory."),
    flag("overwrite-files", "Replace entries that exist where the archive has a file."),
    flag("overwrite-hardlinks", "Replace entries that exist where the archive has a hard link."),
    flag("overwrite-symlinks", "Replace entries that exist where the archive has a symbolic link."),
    {
      name: "pattern",
      type: { kind: "string", format: PATTERN_FORMAT },
      repeatable: true,
      description: "Restore only what matches.",
    },
    {
      name: "prelude-target",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description: "File to write the prelude of a split archive to.",
    },
    flag(
      "verify-contents",
      "With --in-place: compare also the contents of files that have the archive's size and time.",
    ),
    WARNINGS_EXIT_OPTION,
  ],
  output: "none",
  run: runRestoreCommand,
};

async function runRestoreCommand(
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
  checkInPlace(values);
  if (options.target === "-" && options.patterns.length > 0 && options.format === undefined) {
    throw new UsageError("patterns not allowed when restoring to stdout");
  }
  const crypt = await openRestoreKey(cryptOptions, context);
  await using source = await repository.openSnapshot(namespace, snapshot);
  const { newRestoreProgress, runRestore } = await import("../../lib/restore/mod.ts");
  using signals = catchSignals(() => output.log("info", "interrupted"));
  const keySource = cryptOptions.mode === "none" ? undefined : cryptOptions.key.source;
  using messages = new RestoreMessages(
    output,
    newRestoreProgress(),
    keySource,
    options.inPlace?.dryRun,
  );
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

/** Refuses options that say nothing without others. */
function checkInPlace(values: CommandValues): void {
  if (!values.flag("in-place")) {
    for (const name of ["delete", "dry-run", "verify-contents"]) {
      if (values.flag(name)) throw new UsageError(`option '${name}' needs option 'in-place'`);
    }
  } else if (values.text("target") === "-") {
    throw new UsageError("option 'in-place' needs a directory as target");
  }
}

/** The run as the options ask for it (spec: cli.md §4.2). */
function requestOptions(
  values: CommandValues,
): Omit<RestoreRequest, "source" | "archiveName" | "signal"> {
  const overwrite = values.flag("overwrite");
  const preludeTarget = values.bytes("prelude-target");
  const format = values.text("format");
  return {
    target: values.text("target") === "-" ? "-" : values.bytes("target")!,
    ...(format === undefined ? {} : { format: format as "pxar" | "tar" }),
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
    ...(values.flag("in-place")
      ? {
        inPlace: {
          deleteExtras: values.flag("delete"),
          dryRun: values.flag("dry-run"),
          verifyContents: values.flag("verify-contents"),
        },
      }
      : {}),
    ...(preludeTarget === undefined ? {} : { preludeTarget }),
  };
}
