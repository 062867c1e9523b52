import { PbsError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openSnapshotCommand } from "../environment/open_snapshot_command.ts";

/** `snapshot forget` (spec: cli.md §4.4). */
export async function forgetSnapshot(
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
