import {
  type BackupReport,
  type BackupRequest,
  newBackupProgress,
  retryBackup,
} from "../../lib/backup/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import { newRestoreProgress, runRestore } from "../../lib/restore/mod.ts";

const encoder = new TextEncoder();

/** Backs up a tree as `tree.pxar` and a file as `file.conf`. */
export async function backUp(
  repository: Repository,
  folder: string,
  snapshot: BackupSnapshot,
  options: Partial<BackupRequest> & { readonly retries?: number; readonly lines?: string[] } = {},
): Promise<BackupReport> {
  const { retries = 0, lines = [], ...rest } = options;
  return await retryBackup(
    {
      repository,
      namespace: "",
      snapshot,
      archives: [
        { name: "tree.pxar", kind: "pxar", path: encoder.encode(`${folder}/tree`) },
        { name: "file.conf", kind: "conf", path: encoder.encode(`${folder}/file`) },
      ],
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
      ...rest,
    },
    { log: (_level, line) => void lines.push(line), progress: newBackupProgress() },
    { retries, pauseMs: () => 20 },
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
    {
      source,
      archiveName: "tree.pxar",
      target: encoder.encode(target),
      patterns: [],
      allowExistingDirs: false,
      overwriteFiles: false,
      overwriteSymlinks: false,
      overwriteHardlinks: false,
      ignoreAcls: false,
      ignoreXattrs: false,
      ignoreOwnership: false,
      ignorePermissions: false,
      ignoreExtractDeviceErrors: false,
      signal: new AbortController().signal,
    },
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
