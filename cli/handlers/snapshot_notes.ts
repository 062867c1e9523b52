import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openSnapshotCommand } from "../environment/open_snapshot_command.ts";
import { valueFormat } from "../output/print_result.ts";

/** `snapshot notes show` (spec: cli.md §4.4). */
export async function showNotes(values: CommandValues, context: CommandContext): Promise<void> {
  const format = valueFormat(values, context);
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  const notes = await repository.readNotes(namespace, snapshot);
  if (format === "text") context.output.printLine(notes);
  else context.output.printJson({ notes }, format);
}

/** `snapshot notes update` (spec: cli.md §4.4). */
export async function updateNotes(values: CommandValues, context: CommandContext): Promise<void> {
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  await repository.writeNotes(namespace, snapshot, values.requiredText("notes"));
}
