import { PbsError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openSnapshotCommand } from "../repository/open_snapshot_command.ts";

/** `snapshot forget` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "Remove a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: forgetSnapshot,
};

async function forgetSnapshot(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  try {
    await repository.forgetSnapshot(namespace, snapshot);
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    throw new PbsError(`failed to delete snapshot - ${error.message}`, { cause: error });
  }
}
