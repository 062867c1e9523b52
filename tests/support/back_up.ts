import {
  type BackupReport,
  type BackupRequest,
  newBackupProgress,
  parseArchiveSpec,
  runBackup,
} from "../../lib/backup/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import { backupRequest } from "./backup_request.ts";

/** How a backup in this process ended. */
export interface BackupEnd {
  readonly report: BackupReport;
  /** Lines for people. */
  readonly lines: readonly string[];
}

/** Backs up in this process. @param specs `name.kind:path`, as on the command line. */
export async function backUp(
  repository: Repository,
  snapshot: BackupSnapshot,
  specs: readonly string[],
  options: Partial<BackupRequest> = {},
): Promise<BackupEnd> {
  const lines: string[] = [];
  const encoder = new TextEncoder();
  const archives = specs.map((spec) => parseArchiveSpec(encoder.encode(spec)));
  const report = await runBackup({
    ...backupRequest(repository, snapshot, archives),
    ...options,
  }, {
    log: (_level, message) => void lines.push(message),
    progress: newBackupProgress(),
    encryptedKeyStarted: (name) => void lines.push(`key as ${name}`),
  });
  return { report, lines };
}
