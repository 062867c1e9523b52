import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, TARGET_OPTIONS } from "./shared_options.ts";

/** `list` (spec: cli.md §4.3). */
export const listCommand: Command = {
  name: "list",
  description: "List the groups of a namespace.",
  positionals: [],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/list_groups.ts")).listGroups(values, context),
};
