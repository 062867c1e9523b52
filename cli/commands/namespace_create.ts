import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { NAMESPACE_OPTION, REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `namespace create` (spec: cli.md §4.10). */
export const command: CommandDefinition = {
  description: "Create a namespace.",
  positionals: [NAMESPACE_OPTION],
  options: REPOSITORY_OPTIONS,
  output: "none",
  run: createNamespace,
};

async function createNamespace(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using repository = await openRepository(values, context);
  const namespace = selectNamespace(values, context.environment);
  if (namespace === "") throw new UsageError("root namespace is always present");
  await repository.createNamespace(namespace);
}
