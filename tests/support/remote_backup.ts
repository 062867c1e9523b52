import {
  type ArchiveSpec,
  type BackupReport,
  type BackupRequest,
  newBackupProgress,
  retryBackup,
} from "../../lib/backup/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import { newRestoreProgress, runRestore } from "../../lib/restore/mod.ts";
import { backupRequest } from "./backup_request.ts";
import { restoreRequest } from "./restore_request.ts";

const encoder = new TextEncoder();

/** Backs up a tree as `tree.pxar` and a file as `file.conf`. */
export async function backUp(
  repository: Repository,
  folder: string,
  snapshot: BackupSnapshot,
  options: Partial<BackupRequest> & {
    readonly retries?: number;
    readonly coversFirstConnection?: boolean;
    readonly lines?: string[];
  } = {},
): Promise<BackupReport> {
  const { retries = 0, coversFirstConnection = false, lines = [], ...rest } = options;
  const archives: ArchiveSpec[] = [
    { name: "tree.pxar", kind: "pxar", path: encoder.encode(`${folder}/tree`) },
    { name: "file.conf", kind: "conf", path: encoder.encode(`${folder}/file`) },
  ];
  return await retryBackup(
    { ...backupRequest(repository, snapshot, archives), ...rest },
    { log: (_level, line) => void lines.push(line), progress: newBackupProgress() },
    { retries, coversFirstConnection, pauseMs: () => 20 },
  );
}

/** Restores `tree.pxar` into a folder that does not exist yet. */
export async function restoreTree(
  repository: Repository,
  snapshot: BackupSnapshot,
  target: string,
): Promise<void> {
  await using source = await repository.openSnapshot("", snapshot);
  await runRestore(
    restoreRequest(source, "tree.pxar", target),
    { log: () => {}, progress: newRestoreProgress() },
  );
}

/** Makes what {@linkcode backUp} backs up: random files, so that each chunk is new. */
export async function makeSource(
  folder: string,
  fileCount: number,
  fileBytes: number,
): Promise<void> {
  await Deno.mkdir(`${folder}/tree`, { recursive: true });
  await Deno.writeTextFile(`${folder}/file`, "setting = 1\n");
  for (let i = 0; i < fileCount; i++) {
    const bytes = new Uint8Array(fileBytes);
    for (let at = 0; at < bytes.length; at += 65536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65536));
    }
    await Deno.writeFile(`${folder}/tree/file-${i}`, bytes);
  }
}
