import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { NAMESPACE_OPTION, REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `namespace delete` (spec: cli.md §4.10). */
export const command: CommandDefinition = {
  description: "Remove a namespace and those below it.",
  positionals: [NAMESPACE_OPTION],
  options: [...REPOSITORY_OPTIONS, LOCK_WAIT_OPTION, {
    name: "delete-groups",
    type: { kind: "boolean" },
    description: "Also remove the groups in it.",
  }],
  output: "none",
  run: deleteNamespace,
};

async function deleteNamespace(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using repository = await openRepository(values, context);
  const namespace = selectNamespace(values, context.environment);
  if (namespace === "") throw new UsageError("root namespace cannot be deleted");
  await repository.deleteNamespace(namespace, values.flag("delete-groups"));
}
