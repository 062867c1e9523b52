import { KeyError } from "../../lib/errors/mod.ts";
import { findSnapshot, formatSnapshotPath, type Repository } from "../../lib/repository/mod.ts";
import type { NewFile, PlacedSnapshot, UsageProgress } from "../../lib/usage/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { STORED_SIZES_OPTION } from "../options/stored_sizes_option.ts";
import { pathToJson } from "../output/path_to_json.ts";
import { shownPath } from "../output/diff/shown_path.ts";
import { formatSize } from "../output/format_size.ts";
import { LiveLine } from "../output/live_line.ts";
import { printTable } from "../output/print_result.ts";
import { renderList, renderTable } from "../output/table.ts";
import { reportGaps } from "../output/usage/report_gaps.ts";
import { describeReading, describeSums, sumsToJson } from "../output/usage/usage_text.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `snapshot size`: ours, what a snapshot takes and what only it has. */
export const command: CommandDefinition = {
  description: "Show what a snapshot takes, what of it no other snapshot of the datastore uses, " +
    "and the largest files that it has and the one before it has not.",
  positionals: [GROUP_OR_SNAPSHOT_POSITIONAL],
  options: [
    ...TARGET_OPTIONS,
    ...KEY_OPTIONS,
    ...VERBOSITY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    {
      name: "largest",
      type: { kind: "integer", minimum: 0, maximum: 10_000 },
      default: 10,
      description: "How many of the largest new files to show; 0 reads no metadata.",
    },
    STORED_SIZES_OPTION,
  ],
  output: "table",
  run: showSize,
};

async function showSize(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  await using repository = await openRepository(values, context);
  const namespace = selectNamespace(values, environment);
  const found = await findSnapshot(
    repository,
    namespace,
    values.requiredText("snapshot"),
    (line) => output.log("info", line),
  );
  const snapshot = { namespace, type: found.type, id: found.id, time: found.time };
  const { measureSnapshot, namespaceScope } = await import("../../lib/usage/mod.ts");
  const scope = await namespaceScope(repository, "");
  const live = new LiveLine<UsageProgress>(output, describeReading);
  const isStoredWanted = values.flag("stored-sizes");
  const usage = await (async () => {
    using line = live;
    return await measureSnapshot(repository, snapshot, scope, {
      isStoredWanted,
      onProgress: (state) => line.state = state,
    });
  })();
  const { previous } = usage;
  const count = values.requiredInteger("largest");
  const files = previous === undefined || count === 0
    ? undefined
    : await newFiles(values, context, { repository, snapshot, previous, count });
  const isStoredMissed = isStoredWanted && usage.chunks.stored === undefined;
  reportGaps(output, { ...usage, isStoredMissed });
  const previousPath = previous && formatSnapshotPath(previous);
  printTable(values, context, {
    json: {
      snapshot: formatSnapshotPath(snapshot),
      ns: namespace === "" ? undefined : namespace,
      previous: previousPath,
      size: usage.size,
      chunks: sumsToJson(usage.chunks),
      added: sumsToJson(usage.added),
      unique: sumsToJson(usage.unique),
      "other-snapshots": usage.otherSnapshots,
      "missing-chunks": usage.missingChunks,
      "unread-snapshots": usage.unreadSnapshots,
      "largest-new-files": files?.map(fileToJson),
    },
    text: (style) =>
      renderTable({
        titles: ["Name", "Value"],
        alignments: ["left", "left"],
        rows: [
          ["snapshot", formatSnapshotPath(snapshot)],
          ["size", formatSize(usage.size)],
          ["chunks", describeSums(usage.chunks)],
          [
            previousPath === undefined ? "new" : `new since ${previousPath}`,
            describeSums(usage.added),
          ],
          [
            `in none of ${usage.otherSnapshots} other snapshots`,
            describeSums(usage.unique),
          ],
        ],
      }, style) +
      renderList<NewFile>(
        [
          { title: "largest new files", align: "right", cell: ({ size }) => formatSize(size) },
          {
            title: "before",
            align: "right",
            cell: ({ sizeBefore }) => (sizeBefore === undefined ? "" : formatSize(sizeBefore)),
          },
          { title: "path", cell: ({ archive, path }) => archive + shownPath(path, false) },
        ],
        files ?? [],
        style,
      ),
  });
}

/** @returns undefined where that cannot be told without a key. */
async function newFiles(
  values: CommandValues,
  context: CommandContext,
  { repository, snapshot, previous, count }: {
    readonly repository: Repository;
    readonly snapshot: PlacedSnapshot;
    readonly previous: PlacedSnapshot;
    readonly count: number;
  },
): Promise<NewFile[] | undefined> {
  const { output } = context;
  const [{ checkSnapshot, SnapshotComparison }, { largestNewFiles }] = await Promise.all([
    import("../../lib/compare/mod.ts"),
    import("../../lib/usage/mod.ts"),
  ]);
  const crypt = await openRestoreKey(readCryptOptions(values, context), context);
  const { namespace } = snapshot;
  await using before = await repository.openSnapshot(namespace, previous);
  await using after = await repository.openSnapshot(namespace, snapshot);
  const check = async (source: typeof before) =>
    await checkSnapshot(source, crypt, { log: (level, line) => output.log(level, line) });
  try {
    using comparison = new SnapshotComparison(await check(before), await check(after));
    return await largestNewFiles(comparison.changes(), count);
  } catch (error) {
    if (!(error instanceof KeyError) || crypt !== undefined) throw error;
    output.log("info", "Without the key (--keyfile) the largest new files cannot be told");
    return undefined;
  }
}

function fileToJson({ archive, path, status, size, sizeBefore }: NewFile) {
  return { archive, ...pathToJson("path", path), status, size, "size-before": sizeBefore };
}
