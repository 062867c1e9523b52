import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, SNAPSHOT_POSITIONAL, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot files` (spec: cli.md §4.4). */
export const snapshotFilesCommand: Command = {
  name: "snapshot files",
  description: "List the files of a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/list_files.ts")).listFiles(values, context),
};
