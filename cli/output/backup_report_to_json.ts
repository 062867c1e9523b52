import type { BackupReport } from "../../lib/backup/mod.ts";
import { planToJson } from "./plan/plan_to_json.ts";

/** The report of a backup run as JSON; sizes in bytes, times in seconds. */
export function backupReportToJson(
  report: BackupReport,
  namespace: string,
): Record<string, unknown> {
  return {
    "backup-type": report.snapshot.type,
    "backup-id": report.snapshot.id,
    "backup-time": report.snapshot.time,
    unchanged: report.isUnchanged,
    planned: report.planned?.map(planToJson),
    ns: namespace === "" ? undefined : namespace,
    duration: report.durationMs / 1000,
    files: report.files,
    directories: report.directories,
    warnings: report.warnings,
    archives: report.archives.map((archive) => ({
      filename: archive.name,
      size: archive.sizeBytes,
      new: archive.newBytes,
      reused: archive.reusedBytes,
      sent: archive.storedBytes,
      stored: archive.addedBytes,
      chunks: archive.chunkCount,
      "known-chunks": archive.knownChunkCount,
      duration: archive.seconds,
    })),
  };
}
