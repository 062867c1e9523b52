import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `garbage-collect` (spec: cli.md §4.6). */
export const garbageCollectCommand: Command = {
  name: "garbage-collect",
  description: "Remove chunks that no snapshot uses.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/collect_garbage.ts")).collectGarbage(values, context),
};
