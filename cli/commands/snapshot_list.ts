import { parseGroupPath, type SnapshotInfo } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { listOptions } from "../listing/list_options.ts";
import { inOrder, selectionOf } from "../listing/list_selection.ts";
import {
  encryptionOf,
  LONG_SNAPSHOT_COLUMNS,
  SNAPSHOT_COLUMNS,
} from "../listing/snapshot_columns.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import { fileToJson } from "../output/file_to_json.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `snapshot list` (spec: cli.md §4.4). */
export const command: CommandDefinition = {
  description: "List snapshots.",
  positionals: [{ ...GROUP_POSITIONAL, required: false }],
  options: [
    ...TARGET_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    ...listOptions({
      rows: "snapshots",
      long:
        "what is new in each (what its run stored, before compression), whether it is verified, " +
        "protected and encrypted, and the first line of its notes",
      time: "that were made",
      keys: ["path", "time", "size", "new"],
    }),
    {
      name: "unencrypted",
      type: { kind: "boolean" },
      default: false,
      description: "Only snapshots of which something is not encrypted.",
    },
    {
      name: "unprotected",
      type: { kind: "boolean" },
      default: false,
      description: "Only snapshots that are not protected.",
    },
    {
      name: "unverified",
      type: { kind: "boolean" },
      default: false,
      description: "Only snapshots that were never verified, or failed it.",
    },
  ],
  output: "table",
  run: listSnapshots,
};

async function listSnapshots(values: CommandValues, context: CommandContext): Promise<void> {
  const isSelected = await selectionOf(values, Math.floor(Date.now() / 1000));
  await using repository = await openRepository(values, context);
  const groupPath = values.text("group");
  const group = groupPath === undefined ? undefined : parseGroupPath(groupPath);
  const namespace = selectNamespace(values, context.environment);
  let snapshots = (await repository.listSnapshots(namespace, group)).filter((snapshot) =>
    isSelected(snapshot, snapshot.time) && hasState(snapshot, values)
  );
  const isLong = values.flag("long");
  if (isLong || values.text("sort") === "new") {
    const { fetchUploadStatistics } = await import("../../lib/usage/mod.ts");
    snapshots = await fetchUploadStatistics(repository, namespace, snapshots);
  }
  const { table, json } = inOrder(values, snapshots, {
    time: ({ time }) => time,
    size: ({ size }) => size,
    new: ({ uploaded }) => uploaded?.size,
  });
  printTable(values, context, {
    json: json.map((snapshot) => toJson(snapshot, isLong)),
    text: (style) => renderList(isLong ? LONG_SNAPSHOT_COLUMNS : SNAPSHOT_COLUMNS, table, style),
  });
}

/** Whether the snapshot is in none of the good states that are not wanted. */
function hasState(snapshot: SnapshotInfo, values: CommandValues): boolean {
  return !(values.flag("unverified") && snapshot.verification?.state === "ok" ||
    values.flag("unprotected") && snapshot.protected ||
    values.flag("unencrypted") && encryptionOf(snapshot) === "encrypted");
}

function toJson(snapshot: SnapshotInfo, isLong: boolean): Record<string, unknown> {
  const { uploaded } = snapshot;
  return {
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
    ...(isLong && uploaded !== undefined
      ? {
        "chunk-upload-stats": {
          count: uploaded.count,
          size: uploaded.size,
          "compressed-size": uploaded.compressedSize,
          duplicates: uploaded.duplicates,
        },
      }
      : {}),
  };
}
