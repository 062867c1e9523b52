import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, SNAPSHOT_POSITIONAL, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot protected show` (spec: cli.md §4.4). */
export const snapshotProtectedShowCommand: Command = {
  name: "snapshot protected show",
  description: "Show whether a snapshot is protected.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/snapshot_protection.ts")).showProtection(values, context),
};
