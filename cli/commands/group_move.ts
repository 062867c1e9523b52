import type { Command } from "../command.ts";
import {
  GROUP_POSITIONAL,
  LOCK_WAIT_OPTION,
  OUTPUT_FORMAT_OPTION,
  TARGET_NAMESPACE_OPTION,
  TARGET_OPTIONS,
  VERBOSITY_OPTIONS,
} from "./shared_options.ts";

/** `group move` (spec: cli.md §4.5). */
export const groupMoveCommand: Command = {
  name: "group move",
  description: "Move a group with all its snapshots into another namespace.",
  positionals: [GROUP_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION, LOCK_WAIT_OPTION, ...VERBOSITY_OPTIONS, {
    ...TARGET_NAMESPACE_OPTION,
    description: "Namespace to move the group into; empty for the root.",
  }, {
    name: "merge-group",
    type: { kind: "boolean" },
    default: true,
    description: "Merge with a group of that name that has older snapshots only.",
  }],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/move_group.ts")).moveGroup(values, context),
};
