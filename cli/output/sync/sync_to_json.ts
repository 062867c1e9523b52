import type { SyncOutcome, SyncReport } from "../../../lib/sync/mod.ts";

/** The sums of a sync as JSON. */
export function syncReportToJson(report: SyncReport): Record<string, unknown> {
  return {
    namespaces: report.namespaces,
    groups: report.groups,
    failed: report.failed,
    copied: report.snapshotsCopied,
    resynced: report.snapshotsResynced,
    removed: report.snapshotsRemoved,
    kept: report.snapshotsKept,
    "left-out": report.snapshotsLeftOut,
    "chunks-moved": report.chunksMoved,
    "bytes-moved": report.bytesMoved,
    "chunks-reused": report.chunksReused,
    "bytes-reused": report.bytesReused,
  };
}

/** An outcome as JSON. */
export function syncOutcomeToJson(
  { action, namespace, group, snapshot, sizeBytes, reason }: SyncOutcome,
): Record<string, unknown> {
  const [type, id] = group?.split("/") ?? [];
  return {
    action,
    "to-ns": namespace === "" ? undefined : namespace,
    "backup-type": type,
    "backup-id": id,
    "backup-time": snapshot?.time,
    size: sizeBytes,
    reason,
  };
}
