import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { NAMESPACE_OPTION, REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `namespace list` (spec: cli.md §4.10). */
export const command: CommandDefinition = {
  description: "List a namespace and those below it.",
  positionals: [NAMESPACE_OPTION],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION, {
    name: "max-depth",
    type: { kind: "integer", minimum: 0 },
    description: "How many levels of namespaces below it to list.",
  }],
  output: "value",
  run: listNamespaces,
};

async function listNamespaces(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  await using repository = await openRepository(values, context);
  const parent = selectNamespace(values, context.environment);
  const found = await repository.listNamespaces(parent, values.integer("max-depth"));
  if (format !== "text") {
    const data = found.map(({ namespace, comment }) => ({ ns: namespace, comment }));
    context.output.printJson({ data }, format);
    return;
  }
  for (const { namespace, comment } of found) {
    if (namespace === "") continue;
    context.output.printLine(comment === undefined ? namespace : `${namespace} (${comment})`);
  }
}
