import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `version` (spec: cli.md §4.9). */
export const versionCommand: Command = {
  name: "version",
  description: "Show the version of this program, and that of the server if there is one.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/show_version.ts")).showVersion(values, context),
};
