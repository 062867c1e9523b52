import type { Command } from "../command.ts";
import { LOCK_WAIT_OPTION, NAMESPACE_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `namespace delete` (spec: cli.md §4.10). */
export const namespaceDeleteCommand: Command = {
  name: "namespace delete",
  description: "Remove a namespace and those below it.",
  positionals: [NAMESPACE_OPTION],
  options: [...REPOSITORY_OPTIONS, LOCK_WAIT_OPTION, {
    name: "delete-groups",
    type: { kind: "boolean" },
    description: "Also remove the groups in it.",
  }],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/namespaces.ts")).deleteNamespace(values, context),
};
