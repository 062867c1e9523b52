import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { valueFormat } from "../output/print_result.ts";
import { openSnapshotCommand } from "../repository/open_snapshot_command.ts";

/** `snapshot notes show` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "Show the notes of a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: showNotes,
};

async function showNotes(values: CommandValues, context: CommandContext): Promise<void> {
  const format = valueFormat(values, context);
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  const notes = await repository.readNotes(namespace, snapshot);
  if (format === "text") context.output.printLine(notes);
  else context.output.printJson({ notes }, format);
}
