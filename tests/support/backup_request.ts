import type { ArchiveSpec, BackupRequest } from "../../lib/backup/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";

/** A request for a backup of everything in some sources, in chunks of 64 KiB. */
export function backupRequest(
  repository: Repository,
  snapshot: BackupSnapshot,
  archives: readonly ArchiveSpec[],
): BackupRequest {
  return {
    repository,
    namespace: "",
    snapshot,
    archives,
    excludes: [],
    skipLostAndFound: false,
    allFileSystems: false,
    includeDevices: [],
    entriesMax: 1_000_000,
    chunkSizeBytes: 64 * 1024,
    dryRun: false,
    noCache: false,
    skipE2bigXattr: false,
    changeDetectionMode: "legacy",
    signal: new AbortController().signal,
  };
}
