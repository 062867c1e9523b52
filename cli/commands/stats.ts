import {
  formatGroupPath,
  formatSnapshotPath,
  type GarbageCounts,
  parseGroupPath,
  parseUpid,
  type Repository,
} from "../../lib/repository/mod.ts";
import type { ScopeUsage, UnitUsage, UsageProgress } from "../../lib/usage/mod.ts";
import { AuthError, NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import { STORED_SIZES_OPTION } from "../options/stored_sizes_option.ts";
import { formatDate } from "../output/format_date.ts";
import { formatSize } from "../output/format_size.ts";
import { LiveLine } from "../output/live_line.ts";
import { printTable } from "../output/print_result.ts";
import { type Column, renderList, renderTable } from "../output/table.ts";
import { reportGaps } from "../output/usage/report_gaps.ts";
import { describeReading, describeSums, ratioOf, sumsToJson } from "../output/usage/usage_text.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `stats`: ours, what snapshots and groups take together and each for itself. */
export const command: CommandDefinition = {
  description: "Show what the snapshots of a group take, or the groups of a datastore: what each " +
    "run has added, what is unique, and how much deduplication and compression save.",
  positionals: [{
    ...GROUP_POSITIONAL,
    required: false,
    description: "Group type/id; all groups of the namespace and those below it if absent.",
  }],
  options: [
    ...TARGET_OPTIONS,
    ...VERBOSITY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    STORED_SIZES_OPTION,
  ],
  output: "table",
  run: showStats,
};

async function showStats(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  await using repository = await openRepository(values, context);
  const groupPath = values.text("group");
  const group = groupPath === undefined ? undefined : parseGroupPath(groupPath);
  const namespace = selectNamespace(values, environment);
  const { groupScope, measureScope, namespaceScope } = await import("../../lib/usage/mod.ts");
  const scope = group === undefined
    ? await namespaceScope(repository, namespace)
    : await groupScope(repository, namespace, group);
  if (group !== undefined && scope.snapshots.length === 0) {
    throw new NotFoundError(`backup group ${groupPath} does not contain any finished snapshots.`);
  }
  const isStoredWanted = values.flag("stored-sizes");
  const usage = await (async () => {
    using live = new LiveLine<UsageProgress>(output, describeReading);
    return await measureScope(repository, scope, {
      by: group === undefined ? "group" : "snapshot",
      isStoredWanted,
      onProgress: (state) => live.state = state,
    });
  })();
  const isStoredMissed = isStoredWanted && usage.chunks.stored === undefined;
  reportGaps(output, { ...usage, isStoredMissed });
  const isWhole = group === undefined && namespace === "";
  const garbage = isWhole ? await garbageCounts(repository) : undefined;
  const nameOf = ({ snapshot }: UnitUsage) =>
    group === undefined
      ? (snapshot.namespace === "" ? "" : `${snapshot.namespace}: `) + formatGroupPath(snapshot)
      : formatSnapshotPath(snapshot);
  printTable(values, context, {
    json: toJson(usage, garbage, group === undefined ? "group" : "snapshot"),
    text: (style) =>
      renderList(columnsOf(usage, nameOf, group === undefined), usage.units, style) +
      renderTable({
        titles: ["Name", "Value"],
        alignments: ["left", "left"],
        rows: totalRows(usage, garbage),
      }, style),
  });
}

/** Not everybody who may read snapshots may see it. */
async function garbageCounts(repository: Repository): Promise<GarbageCounts | undefined> {
  try {
    return await repository.garbageCounts();
  } catch (error) {
    if (error instanceof AuthError) return undefined;
    throw error;
  }
}

function columnsOf(
  usage: ScopeUsage,
  nameOf: (unit: UnitUsage) => string,
  isByGroup: boolean,
): Column<UnitUsage>[] {
  const size = (title: string, bytes: (unit: UnitUsage) => number | undefined) => ({
    title,
    align: "right" as const,
    cell: (unit: UnitUsage) => {
      const value = bytes(unit);
      return value === undefined ? "" : formatSize(value);
    },
  });
  const isStoredKnown = usage.chunks.stored !== undefined;
  const stored = (title: string, bytes: (unit: UnitUsage) => number | undefined) =>
    isStoredKnown ? [size(title, bytes)] : [];
  return [
    { title: isByGroup ? "group" : "snapshot", cell: nameOf },
    ...isByGroup
      ? [{
        title: "snapshots",
        align: "right" as const,
        cell: ({ snapshots }: UnitUsage) => String(snapshots),
      }]
      : [],
    size("size", (unit) => unit.size),
    ...isByGroup
      ? [
        size("chunks", ({ chunks }) => chunks.bytes),
        ...stored("stored", ({ chunks }) => chunks.stored),
      ]
      : [
        size("new", ({ added }) => added?.bytes),
        ...stored("new stored", ({ added }) => added?.stored),
      ],
    size("unique", ({ unique }) => unique.bytes),
    ...stored("unique stored", ({ unique }) => unique.stored),
  ];
}

function totalRows(usage: ScopeUsage, garbage: GarbageCounts | undefined): string[][] {
  const { size, chunks, units } = usage;
  const rows = [
    ["snapshots", String(units.reduce((sum, { snapshots }) => sum + snapshots, 0))],
    ["size", formatSize(size)],
    ["chunks, each once", describeSums(chunks)],
  ];
  const { deduplication, compression } = factorsOf(usage);
  if (deduplication !== undefined) rows.push(["deduplication", `${deduplication} : 1`]);
  if (compression !== undefined) rows.push(["compression", `${compression} : 1`]);
  if (garbage !== undefined) {
    const { diskBytes, diskChunks, indexDataBytes, upid } = garbage;
    const factor = ratioOf(indexDataBytes, diskBytes);
    const saved = factor === undefined ? "" : `, ${factor} : 1 for all archives`;
    rows.push([
      "last garbage collection",
      `${upid === undefined ? "" : `${formatDate(parseUpid(upid).startTime)}: `}` +
      `${formatSize(diskBytes)} on disk in ${diskChunks} chunks${saved}`,
    ]);
  }
  return rows;
}

/** Factors of deduplication and compression; compression only if it is known of all chunks. */
function factorsOf({ chunkedSize, chunks, missingChunks }: ScopeUsage) {
  const { bytes, stored } = chunks;
  return {
    deduplication: ratioOf(chunkedSize, bytes),
    compression: stored === undefined || missingChunks > 0 ? undefined : ratioOf(bytes, stored),
  };
}

function toJson(
  usage: ScopeUsage,
  garbage: GarbageCounts | undefined,
  by: "group" | "snapshot",
): Record<string, unknown> {
  return {
    [`${by}s`]: usage.units.map(({ snapshot, snapshots, size, chunks, added, unique }) => ({
      ns: snapshot.namespace === "" ? undefined : snapshot.namespace,
      "backup-type": snapshot.type,
      "backup-id": snapshot.id,
      "backup-time": by === "snapshot" ? snapshot.time : undefined,
      "backup-count": by === "group" ? snapshots : undefined,
      size,
      chunks: sumsToJson(chunks),
      added: added && sumsToJson(added),
      unique: sumsToJson(unique),
    })),
    size: usage.size,
    "chunked-size": usage.chunkedSize,
    chunks: sumsToJson(usage.chunks),
    ...factorsOf(usage),
    "missing-chunks": usage.missingChunks,
    "unread-snapshots": usage.unreadSnapshots,
    "last-garbage-collection": garbage && {
      upid: garbage.upid,
      "index-data-bytes": garbage.indexDataBytes,
      "disk-bytes": garbage.diskBytes,
      "disk-chunks": garbage.diskChunks,
    },
  };
}
