import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { fileToJson } from "../output/file_to_json.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openSnapshotCommand } from "../repository/open_snapshot_command.ts";

/** `snapshot files` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "List the files of a snapshot.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: listFiles,
};

async function listFiles(values: CommandValues, context: CommandContext): Promise<void> {
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  const files = await repository.listFiles(namespace, snapshot);
  printTable(values, context, {
    json: files.map(fileToJson),
    text: (style) =>
      renderList(
        [
          { title: "filename", cell: (file) => file.filename },
          { title: "crypt-mode", cell: (file) => file.cryptMode ?? "" },
          { title: "size", align: "right", cell: (file) => String(file.size ?? "") },
        ],
        files.toSorted((a, b) => (a.filename < b.filename ? -1 : 1)),
        style,
      ),
  });
}
