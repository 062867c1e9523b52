import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `task list` (spec: cli.md §4.15). */
export const taskListCommand: Command = {
  name: "task list",
  description: "List tasks on the datastore.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION, {
    name: "limit",
    type: { kind: "integer", minimum: 1, maximum: 1000 },
    default: 50,
    description: "How many tasks to list, the newest first.",
  }, {
    name: "all",
    type: { kind: "boolean" },
    description: "Also list tasks that have ended.",
  }],
  output: "table",
  run: async (values, context) => (await import("../handlers/tasks.ts")).listTasks(values, context),
};
