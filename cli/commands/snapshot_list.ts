import type { Command } from "../command.ts";
import { GROUP_POSITIONAL, OUTPUT_FORMAT_OPTION, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot list` (spec: cli.md §4.4). */
export const snapshotListCommand: Command = {
  name: "snapshot list",
  description: "List snapshots.",
  positionals: [{ ...GROUP_POSITIONAL, required: false }],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/list_snapshots.ts")).listSnapshots(values, context),
};
