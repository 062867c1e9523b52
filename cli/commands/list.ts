import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { ageOf, GROUP_COLUMNS, longGroupColumns } from "../listing/group_columns.ts";
import { listOptions } from "../listing/list_options.ts";
import { inOrder, selectionOf } from "../listing/list_selection.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `list` (spec: cli.md §4.3). */
export const command: CommandDefinition = {
  description: "List the groups of a namespace.",
  positionals: [],
  options: [
    ...TARGET_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    ...listOptions({
      rows: "groups",
      long: "the age of each group's newest snapshot, its owner and the first line of its notes",
      time: "whose newest snapshot was made",
      keys: ["path", "time", "count"],
    }),
  ],
  output: "table",
  run: listGroups,
};

/** `list`: the groups of a namespace (spec: cli.md §4.3). */
async function listGroups(values: CommandValues, context: CommandContext): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const isSelected = await selectionOf(values, now);
  await using repository = await openRepository(values, context);
  const groups = (await repository.listGroups(selectNamespace(values, context.environment)))
    .filter((group) => isSelected(group, group.lastBackup));
  const isLong = values.flag("long");
  const { table, json } = inOrder(values, groups, {
    time: ({ lastBackup }) => lastBackup,
    count: ({ backupCount }) => backupCount,
  });
  printTable(values, context, {
    json: json.map((group) => ({
      "backup-type": group.type,
      "backup-id": group.id,
      "last-backup": group.lastBackup,
      "backup-count": group.backupCount,
      files: group.files,
      owner: group.owner,
      comment: group.comment,
      ...(isLong ? { age: ageOf(group, now) } : {}),
    })),
    text: (style) => renderList(isLong ? longGroupColumns(now) : GROUP_COLUMNS, table, style),
  });
}
