import { parseGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { TARGET_NAMESPACE_OPTION, TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import { valueFormat } from "../output/print_result.ts";
import { checkNamespace } from "../repository/check_namespace.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { runLongWork } from "../tasks/run_long_work.ts";

/** `group move` (spec: cli.md §4.5). */
export const command: CommandDefinition = {
  description: "Move a group with all its snapshots into another namespace.",
  positionals: [GROUP_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION, LOCK_WAIT_OPTION, ...VERBOSITY_OPTIONS, {
    ...TARGET_NAMESPACE_OPTION,
    description: "Namespace to move the group into; empty for the root.",
  }, {
    name: "merge-group",
    type: { kind: "boolean" },
    default: true,
    description: "Merge with a group of that name that has older snapshots only.",
  }],
  output: "value",
  run: moveGroup,
};

async function moveGroup(values: CommandValues, context: CommandContext): Promise<void> {
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
