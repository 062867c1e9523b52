import type { Command } from "../command.ts";
import { NAMESPACE_OPTION, OUTPUT_FORMAT_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `namespace list` (spec: cli.md §4.10). */
export const namespaceListCommand: Command = {
  name: "namespace list",
  description: "List a namespace and those below it.",
  positionals: [NAMESPACE_OPTION],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION, {
    name: "max-depth",
    type: { kind: "integer", minimum: 0 },
    description: "How many levels of namespaces below it to list.",
  }],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/namespaces.ts")).listNamespaces(values, context),
};
