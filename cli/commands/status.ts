import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `status` (spec: cli.md §4.8). */
export const statusCommand: Command = {
  name: "status",
  description: "Show how much space the datastore uses and has left.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/show_status.ts")).showStatus(values, context),
};
