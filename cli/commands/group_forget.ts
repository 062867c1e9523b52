import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  parseGroupPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import type { Output } from "../output/output.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { readAnswer } from "../secrets/read_answer.ts";

/** `group forget` (spec: cli.md §4.5). */
export const command: CommandDefinition = {
  description: "Remove a group with all its snapshots, after a question.",
  positionals: [GROUP_POSITIONAL],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION, {
    name: "yes",
    type: { kind: "boolean" },
    default: false,
    description: "Remove it without a question.",
  }],
  output: "none",
  run: forgetGroup,
};

/** `group forget`: asks unless told not to, then removes a group (spec: cli.md §4.5). */
async function forgetGroup(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  await using repository = await openRepository(values, context);
  const group = parseGroupPath(values.requiredText("group"));
  // Not PBS_NAMESPACE: it never counted here (spec: cli.md §2.3).
  const namespace = selectNamespace(values);
  if (values.flag("yes")) return await forget(repository, namespace, group, output);
  const snapshots = await repository.listSnapshots(namespace, group);
  output.print(
    `Delete group "${formatGroupPath(group)}" with ${snapshots.length} snapshot(s)? [y/N]: `,
  );
  const answer = readAnswer().trim();
  switch (answer) {
    case "y":
    case "Y":
      break;
    case "n":
    case "N":
    case "":
      output.printLine("Abort.");
      return;
    default:
      throw new UsageError(
        `unexpected choice '${answer}'! Use enter for default or use 'y' or 'n'`,
      );
  }
  await forget(repository, namespace, group, output);
}

async function forget(
  repository: Repository,
  namespace: string,
  group: BackupGroup,
  output: Output,
): Promise<void> {
  try {
    await repository.forgetGroup(namespace, group);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError("Unable to find backup group!");
  }
  output.printLine("Successfully deleted group!");
}
