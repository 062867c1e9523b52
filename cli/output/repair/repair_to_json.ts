import type { LostFile, RepairReport, SnapshotOutcome } from "../../../lib/repair/mod.ts";
import { bytesToJson } from "../bytes_to_json.ts";

const MILLISECONDS = 1000;

/** The sums of a repair as JSON. */
export function repairReportToJson(report: RepairReport): Record<string, unknown> {
  const { snapshots, ...sums } = report;
  return {
    ...snapshots,
    "chunks-repaired": sums.chunksRepaired,
    "chunks-unproven": sums.chunksUnproven,
    "chunks-lost": sums.chunksLost,
    "bytes-repaired": sums.bytesRepaired,
    duration: sums.durationMs / MILLISECONDS,
  };
}

/** The outcome of a snapshot as JSON. */
export function outcomeToJson(outcome: SnapshotOutcome): Record<string, unknown> {
  const { namespace, snapshot, state, chunksRepaired, filesRepaired, lost, note } = outcome;
  return {
    "backup-type": snapshot.type,
    "backup-id": snapshot.id,
    "backup-time": snapshot.time,
    ns: namespace === "" ? undefined : namespace,
    state,
    "chunks-repaired": chunksRepaired,
    "files-repaired": filesRepaired,
    lost: lost.map(lostToJson),
    note,
  };
}

function lostToJson(file: LostFile): Record<string, unknown> {
  return {
    filename: file.filename,
    extent: file.extent,
    reason: file.reason,
    chunks: file.chunks,
    ranges: file.ranges.map(({ start, end }) => ({ start, end })),
    entries: file.entries.map(({ kind, path, count }) => ({
      kind,
      ...bytesToJson("path", path),
      count,
    })),
    unnamed: file.unnamed,
  };
}
