import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openRepository } from "../environment/open_repository.ts";
import { selectNamespace } from "../environment/select_namespace.ts";
import { valueFormat } from "../output/print_result.ts";

/** `namespace list` (spec: cli.md §4.10). */
export async function listNamespaces(
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

/** `namespace create` (spec: cli.md §4.10). */
export async function createNamespace(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using repository = await openRepository(values, context);
  const namespace = selectNamespace(values, context.environment);
  if (namespace === "") throw new UsageError("root namespace is always present");
  await repository.createNamespace(namespace);
}

/** `namespace delete` (spec: cli.md §4.10). */
export async function deleteNamespace(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using repository = await openRepository(values, context);
  const namespace = selectNamespace(values, context.environment);
  if (namespace === "") throw new UsageError("root namespace cannot be deleted");
  await repository.deleteNamespace(namespace, values.flag("delete-groups"));
}
