import { formatGroupPath, formatSnapshotPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { compareByPath } from "../output/compare_by_path.ts";
import { displayFileNames } from "../output/display_file_names.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `list` (spec: cli.md §4.3). */
export const command: CommandDefinition = {
  description: "List the groups of a namespace.",
  positionals: [],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: listGroups,
};

/** `list`: the groups of a namespace (spec: cli.md §4.3). */
async function listGroups(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const groups = await repository.listGroups(selectNamespace(values, context.environment));
  printTable(values, context, {
    json: groups.map((group) => ({
      "backup-type": group.type,
      "backup-id": group.id,
      "last-backup": group.lastBackup,
      "backup-count": group.backupCount,
      files: group.files,
      owner: group.owner,
      comment: group.comment,
    })),
    text: (style) =>
      renderList(
        [
          { title: "group", cell: formatGroupPath },
          {
            title: "last snapshot",
            cell: (group) => formatSnapshotPath({ ...group, time: group.lastBackup }),
          },
          {
            title: "backup-count",
            align: "right",
            cell: (group) => String(group.backupCount),
          },
          { title: "files", cell: (group) => displayFileNames(group.files) },
        ],
        groups.toSorted(compareByPath),
        style,
      ),
  });
}
