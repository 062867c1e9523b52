import type { Command } from "../command.ts";
import { GROUP_POSITIONAL, LOCK_WAIT_OPTION, TARGET_OPTIONS } from "./shared_options.ts";

/** `group forget` (spec: cli.md §4.5). */
export const groupForgetCommand: Command = {
  name: "group forget",
  description: "Remove a group with all its snapshots, after a question.",
  positionals: [GROUP_POSITIONAL],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION, {
    name: "yes",
    type: { kind: "boolean" },
    default: false,
    description: "Remove it without a question.",
  }],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/forget_group.ts")).forgetGroup(values, context),
};
