import type { Command } from "../command.ts";
import { NAMESPACE_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `namespace create` (spec: cli.md §4.10). */
export const namespaceCreateCommand: Command = {
  name: "namespace create",
  description: "Create a namespace.",
  positionals: [NAMESPACE_OPTION],
  options: REPOSITORY_OPTIONS,
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/namespaces.ts")).createNamespace(values, context),
};
