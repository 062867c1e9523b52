import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openSnapshotCommand } from "../environment/open_snapshot_command.ts";
import { valueFormat } from "../output/print_result.ts";

/** `snapshot protected show` (spec: cli.md §4.4). */
export async function showProtection(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  await using opened = await openSnapshotCommand(values, context);
  const isProtected = await opened.repository.isProtected(opened.namespace, opened.snapshot);
  if (format === "text") context.output.printLine(String(isProtected));
  else context.output.printJson({ protected: isProtected }, format);
}

/** `snapshot protected update` (spec: cli.md §4.4). */
export async function updateProtection(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  await repository.setProtected(namespace, snapshot, values.flag("protected"));
}
