import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { lockWaitOf } from "../environment/lock_wait.ts";
import type { CommandContext } from "../command_context.ts";
import { checkNamespace } from "../environment/check_namespace.ts";
import { openRepository } from "../environment/open_repository.ts";
import { selectNamespace } from "../environment/select_namespace.ts";
import { valueFormat } from "../output/print_result.ts";
import { runLongWork } from "./run_long_work.ts";

/** `namespace move` (spec: cli.md §4.10). */
export async function moveNamespace(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  await using repository = await openRepository(values, context);
  const given = (name: string) => values.has(name) ? values.flag(name) : undefined;
  const move = {
    from: selectNamespace(values, context.environment),
    to: checkNamespace(values.requiredText("target-ns")),
    maxDepth: values.integer("max-depth"),
    deleteSource: given("delete-source"),
    mergeGroups: given("merge-groups"),
  };
  if (move.from === "") throw new UsageError("root namespace cannot be moved");
  await runLongWork(context, format, repository, {
    start: (tasks) => tasks.startNamespaceMove(move),
    work: (log, signal) => repository.moveNamespace(move, log, signal),
  }, lockWaitOf(values, context));
}
