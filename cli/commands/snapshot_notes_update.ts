import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openSnapshotCommand } from "../repository/open_snapshot_command.ts";

/** `snapshot notes update` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "Replace the notes of a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL, {
    name: "notes",
    type: { kind: "string" },
    required: true,
    description: "The notes; empty to remove them.",
  }],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: updateNotes,
};

async function updateNotes(values: CommandValues, context: CommandContext): Promise<void> {
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  await repository.writeNotes(namespace, snapshot, values.requiredText("notes"));
}
