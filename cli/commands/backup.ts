import { BACKUP_SPEC_FORMAT, SAFE_FORMAT } from "../arguments/value_formats.ts";
import type { Command } from "../command.ts";
import {
  KEY_OPTIONS,
  LOCK_WAIT_OPTION,
  OUTPUT_FORMAT_OPTION,
  RATE_OPTIONS,
  TARGET_OPTIONS,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "./shared_options.ts";

/** `backup` (spec: cli.md §4.1). */
export const backupCommand: Command = {
  name: "backup",
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
    {
      name: "dry-run",
      type: { kind: "boolean" },
      default: false,
      description: "Show what would be done, store nothing.",
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
    {
      name: "skip-e2big-xattr",
      type: { kind: "boolean" },
      default: false,
      description: "Leave out extended attributes that are too long, instead of failing.",
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
  run: async (values, context) =>
    (await import("../handlers/run_backup_command.ts")).runBackupCommand(values, context),
};
