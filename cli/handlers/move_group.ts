import { parseGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { lockWaitOf } from "../environment/lock_wait.ts";
import type { CommandContext } from "../command_context.ts";
import { checkNamespace } from "../environment/check_namespace.ts";
import { openRepository } from "../environment/open_repository.ts";
import { selectNamespace } from "../environment/select_namespace.ts";
import { valueFormat } from "../output/print_result.ts";
import { runLongWork } from "./run_long_work.ts";

/** `group move` (spec: cli.md §4.5). */
export async function moveGroup(values: CommandValues, context: CommandContext): Promise<void> {
  const format = valueFormat(values, context);
  await using repository = await openRepository(values, context);
  const move = {
    group: parseGroupPath(values.requiredText("group")),
    from: selectNamespace(values, context.environment),
    to: checkNamespace(values.requiredText("target-ns")),
    merge: values.has("merge-group") ? values.flag("merge-group") : undefined,
  };
  await runLongWork(context, format, repository, {
    start: (tasks) => tasks.startGroupMove(move),
    work: (log, signal) => repository.moveGroup(move, log, signal),
  }, lockWaitOf(values, context));
}
