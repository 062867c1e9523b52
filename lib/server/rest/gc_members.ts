import type { GcStatus } from "../../datastore/mod.ts";

/** The counters of a garbage collection as answers show them (spec: protocol.md §7.7). */
export function gcCounters(status: GcStatus): Record<string, number> {
  return {
    "index-file-count": status.indexFileCount,
    "index-data-bytes": status.indexDataBytes,
    "disk-bytes": status.diskBytes,
    "disk-chunks": status.diskChunks,
    "removed-bytes": status.removedBytes,
    "removed-chunks": status.removedChunks,
    "pending-bytes": status.pendingBytes,
    "pending-chunks": status.pendingChunks,
    "removed-bad": status.removedBad,
    "still-bad": status.stillBad,
  };
}
