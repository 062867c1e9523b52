import type { Command } from "../command.ts";
import { REPOSITORY_OPTIONS, UPID_POSITIONAL } from "./shared_options.ts";

/** `task log` (spec: cli.md §4.15). */
export const taskLogCommand: Command = {
  name: "task log",
  description: "Show the log of a task, following it while it runs.",
  positionals: [UPID_POSITIONAL],
  options: REPOSITORY_OPTIONS,
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/tasks.ts")).showTaskLog(values, context),
};
