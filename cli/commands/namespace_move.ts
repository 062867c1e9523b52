import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import {
  NAMESPACE_OPTION,
  REPOSITORY_OPTIONS,
  TARGET_NAMESPACE_OPTION,
} from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { checkNamespace } from "../repository/check_namespace.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { runLongWork } from "../tasks/run_long_work.ts";

/** `namespace move` (spec: cli.md §4.10). */
export const command: CommandDefinition = {
  description: "Rename a namespace with everything in it.",
  positionals: [NAMESPACE_OPTION],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION, LOCK_WAIT_OPTION, ...VERBOSITY_OPTIONS, {
    ...TARGET_NAMESPACE_OPTION,
    description:
      "The new name, not the new parent. A namespace that is there already is merged with it.",
  }, {
    name: "max-depth",
    type: { kind: "integer", minimum: 0, maximum: 7 },
    default: 7,
    description: "How many levels of namespaces below it to move.",
  }, {
    name: "delete-source",
    type: { kind: "boolean" },
    default: true,
    description: "Remove the namespaces that have become empty.",
  }, {
    name: "merge-groups",
    type: { kind: "boolean" },
    default: true,
    description: "Merge groups with those of the same name that have older snapshots only.",
  }],
  output: "value",
  run: moveNamespace,
};

async function moveNamespace(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  await using repository = await openRepository(values, context);
  const given = (name: string) => values.has(name) ? values.flag(name) : undefined;
  const move = {
    from: selectNamespace(values, context.environment),
    to: checkNamespace(values.requiredText("target-ns")),
    maxDepth: values.givenInteger("max-depth"),
    deleteSource: given("delete-source"),
    mergeGroups: given("merge-groups"),
  };
  if (move.from === "") throw new UsageError("root namespace cannot be moved");
  await runLongWork(context, format, repository, {
    start: (tasks) => tasks.startNamespaceMove(move),
    work: (log, signal) => repository.moveNamespace(move, log, signal),
  }, lockWaitOf(values, context));
}
