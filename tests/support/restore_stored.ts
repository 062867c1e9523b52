import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import {
  newRestoreProgress,
  type RestoredTree,
  type RestoreReport,
  type RestoreRequest,
  runRestore,
  type TreeChange,
} from "../../lib/restore/mod.ts";
import { type ChunkCounts, countedSource } from "./counted_source.ts";
import { restoreRequest } from "./restore_request.ts";
import { STORED_SNAPSHOT } from "./store_archives.ts";

/** How a restore in this process ended. */
export interface RestoreEnd {
  readonly report?: RestoreReport;
  readonly error?: Error;
  readonly made?: RestoredTree;
  /** Lines for people, `level: text`. */
  readonly lines: readonly string[];
  /** What was fetched. */
  readonly chunks: ChunkCounts;
}

/** Restores an archive of a snapshot in this process; failures are returned. */
export async function restoreStored(
  repository: Repository,
  archiveName: string,
  target: string,
  options: Partial<RestoreRequest> & { treeChange?(change: TreeChange): void } = {},
  snapshot: BackupSnapshot = STORED_SNAPSHOT,
): Promise<RestoreEnd> {
  const lines: string[] = [];
  let made: { made?: RestoredTree } = {};
  await using opened = await repository.openSnapshot("", snapshot);
  const { source, counts: chunks } = countedSource(opened);
  try {
    const report = await runRestore({
      ...restoreRequest(source, archiveName, target),
      ...options,
    }, {
      log: (level, message) => void lines.push(`${level}: ${message}`),
      progress: newRestoreProgress(),
      treeChange: (change) => options.treeChange?.(change),
      treeMade: (tree) => void (made = { made: tree }),
    });
    return { report, lines, chunks, ...made };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error, lines, chunks, ...made };
  }
}
