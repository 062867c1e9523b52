import type { Command } from "../command.ts";
import { LOCK_WAIT_OPTION, SNAPSHOT_POSITIONAL, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot forget` (spec: cli.md §4.4). */
export const snapshotForgetCommand: Command = {
  name: "snapshot forget",
  description: "Remove a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/forget_snapshot.ts")).forgetSnapshot(values, context),
};
