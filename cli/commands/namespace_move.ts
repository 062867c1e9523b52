import type { Command } from "../command.ts";
import {
  LOCK_WAIT_OPTION,
  NAMESPACE_OPTION,
  OUTPUT_FORMAT_OPTION,
  REPOSITORY_OPTIONS,
  TARGET_NAMESPACE_OPTION,
  VERBOSITY_OPTIONS,
} from "./shared_options.ts";

/** `namespace move` (spec: cli.md §4.10). */
export const namespaceMoveCommand: Command = {
  name: "namespace move",
  description: "Rename a namespace with everything in it.",
  positionals: [NAMESPACE_OPTION],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION, LOCK_WAIT_OPTION, ...VERBOSITY_OPTIONS, {
    ...TARGET_NAMESPACE_OPTION,
    description:
      "The new name, not the new parent. A namespace that is there already is merged with it.",
  }, {
    name: "max-depth",
    type: { kind: "integer", minimum: 0, maximum: 7 },
    default: 7,
    description: "How many levels of namespaces below it to move.",
  }, {
    name: "delete-source",
    type: { kind: "boolean" },
    default: true,
    description: "Remove the namespaces that have become empty.",
  }, {
    name: "merge-groups",
    type: { kind: "boolean" },
    default: true,
    description: "Merge groups with those of the same name that have older snapshots only.",
  }],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/move_namespace.ts")).moveNamespace(values, context),
};
