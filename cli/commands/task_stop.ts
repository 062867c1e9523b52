import type { Command } from "../command.ts";
import { REPOSITORY_OPTIONS, UPID_POSITIONAL } from "./shared_options.ts";

/** `task stop` (spec: cli.md §4.15). */
export const taskStopCommand: Command = {
  name: "task stop",
  description: "Ask a task to stop.",
  positionals: [UPID_POSITIONAL],
  options: REPOSITORY_OPTIONS,
  output: "none",
  run: async (values, context) => (await import("../handlers/tasks.ts")).stopTask(values, context),
};
