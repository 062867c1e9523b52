import { PATTERN_FORMAT } from "../arguments/value_formats.ts";
import type { Command, Parameter } from "../command.ts";
import {
  KEY_OPTIONS,
  RATE_OPTIONS,
  SNAPSHOT_POSITIONAL,
  TARGET_OPTIONS,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "./shared_options.ts";

function flag(name: string, description: string): Parameter {
  return { name, type: { kind: "boolean" }, default: false, description };
}

/** `restore` (spec: cli.md §4.2). */
export const restoreCommand: Command = {
  name: "restore",
  description: "Restore an archive of a snapshot.",
  positionals: [
    {
      ...SNAPSHOT_POSITIONAL,
      completion: "group-or-snapshot",
      description:
        "Snapshot type/id/time; group type/id, or type/id/latest, for the newest finished one.",
    },
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
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    flag("allow-existing-dirs", "Accept directories that exist already."),
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
    WARNINGS_EXIT_OPTION,
  ],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/run_restore_command.ts")).runRestoreCommand(values, context),
};
