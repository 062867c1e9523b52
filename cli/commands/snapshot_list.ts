import { formatSnapshotPath, parseGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import { compareByPath } from "../output/compare_by_path.ts";
import { displayFileNames } from "../output/display_file_names.ts";
import { fileToJson } from "../output/file_to_json.ts";
import { formatSize } from "../output/format_size.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `snapshot list` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "List snapshots.",
  positionals: [{ ...GROUP_POSITIONAL, required: false }],
  options: [...TARGET_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: listSnapshots,
};

async function listSnapshots(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const groupPath = values.text("group");
  const group = groupPath === undefined ? undefined : parseGroupPath(groupPath);
  const namespace = selectNamespace(values, context.environment);
  const snapshots = await repository.listSnapshots(namespace, group);
  printTable(values, context, {
    json: snapshots.map((snapshot) => ({
      "backup-type": snapshot.type,
      "backup-id": snapshot.id,
      "backup-time": snapshot.time,
      comment: snapshot.comment,
      verification: snapshot.verification,
      fingerprint: snapshot.fingerprint,
      files: snapshot.files.map(fileToJson),
      size: snapshot.size,
      owner: snapshot.owner,
      protected: snapshot.protected,
    })),
    text: (style) =>
      renderList(
        [
          { title: "snapshot", cell: formatSnapshotPath },
          {
            title: "size",
            align: "right",
            cell: ({ size }) => (size === undefined ? "" : formatSize(size)),
          },
          { title: "files", cell: ({ files }) => displayFileNames(files.map(nameOf)) },
        ],
        snapshots.toSorted(compareByPath),
        style,
      ),
  });
}

function nameOf(file: { readonly filename: string }): string {
  return file.filename;
}
