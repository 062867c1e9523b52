import type { Command } from "../command.ts";
import {
  KEY_OPTIONS,
  LOCK_WAIT_OPTION,
  SNAPSHOT_POSITIONAL,
  TARGET_OPTIONS,
} from "./shared_options.ts";

/** `snapshot upload-log` (spec: cli.md §4.4). */
export const snapshotUploadLogCommand: Command = {
  name: "snapshot upload-log",
  description: "Store a log file with a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL, {
    name: "logfile",
    type: { kind: "string" },
    required: true,
    completion: "file-name",
    description: "The log file.",
  }],
  options: [...TARGET_OPTIONS, ...KEY_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/snapshot_upload_log.ts")).uploadSnapshotLog(values, context),
};
