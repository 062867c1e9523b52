import type { Command } from "../command.ts";
import { LOCK_WAIT_OPTION, SNAPSHOT_POSITIONAL, TARGET_OPTIONS } from "./shared_options.ts";

/** `snapshot protected update` (spec: cli.md §4.4). */
export const snapshotProtectedUpdateCommand: Command = {
  name: "snapshot protected update",
  description: "Protect a snapshot from removal, or lift the protection.",
  positionals: [SNAPSHOT_POSITIONAL, {
    name: "protected",
    type: { kind: "boolean" },
    required: true,
    description: "Whether it is to be protected.",
  }],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/snapshot_protection.ts")).updateProtection(values, context),
};
