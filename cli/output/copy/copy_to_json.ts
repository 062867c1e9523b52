import type {
  CopyEstimate,
  CopyOutcome,
  CopyProgress,
  CopyReport,
} from "../../../lib/transfer/mod.ts";

const MILLISECONDS = 1000;

/** The sums of a copy as JSON. */
export function copyReportToJson(
  { snapshots, durationMs }: CopyReport,
  progress: CopyProgress,
): Record<string, unknown> {
  return { ...snapshots, ...movedToJson(progress), duration: durationMs / MILLISECONDS };
}

/** The outcome of a snapshot as JSON. */
export function copyOutcomeToJson(
  { from, to, state, copied, reason }: CopyOutcome,
): Record<string, unknown> {
  return {
    "backup-type": from.snapshot.type,
    "backup-id": from.snapshot.id,
    "backup-time": from.snapshot.time,
    ns: from.namespace === "" ? undefined : from.namespace,
    "to-ns": to.namespace === "" ? undefined : to.namespace,
    state,
    ...(copied === undefined ? {} : movedToJson(copied)),
    reason,
  };
}

/** An estimate as JSON. */
export function copyEstimateToJson(estimate: CopyEstimate): Record<string, unknown> {
  return {
    snapshots: estimate.snapshots,
    unreadable: estimate.unreadable,
    size: estimate.plainBytes,
    "chunks-to-move": estimate.chunks,
    "chunk-bytes-to-move": estimate.chunkBytes,
    "stored-bytes-to-move": estimate.storedBytes,
  };
}

function movedToJson(progress: CopyProgress): Record<string, unknown> {
  return {
    size: progress.bytesDone,
    "chunks-moved": progress.chunksMoved,
    "bytes-moved": progress.bytesMoved,
    "chunks-reused": progress.chunksReused,
    "bytes-reused": progress.bytesReused,
  };
}
