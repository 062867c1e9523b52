import {
  type RepairReport,
  type RepairRequest,
  runRepair,
  type SnapshotOutcome,
} from "../../lib/repair/mod.ts";
import { formatSnapshotPath, type Repository } from "../../lib/repository/mod.ts";

/** How a repair in this process ended. */
export interface RepairEnd {
  readonly report: RepairReport;
  /** What became of each snapshot, by its path. */
  readonly outcomes: ReadonlyMap<string, SnapshotOutcome>;
  /** Lines for people, `level: text`. */
  readonly lines: readonly string[];
}

/**
 * Repairs a whole repository in this process, unless the options say otherwise.
 *
 * @param onLine Hears of each line when it comes.
 */
export async function repairStored(
  repository: Repository,
  options: Partial<RepairRequest> = {},
  onLine: (line: string) => void = () => {},
): Promise<RepairEnd> {
  const outcomes = new Map<string, SnapshotOutcome>();
  const lines: string[] = [];
  const report = await runRepair({
    repository,
    range: { namespace: "" },
    others: [],
    sources: [],
    excludes: [],
    chunkSizeBytes: 64 * 1024,
    onlyRecorded: false,
    dryRun: false,
    signal: new AbortController().signal,
    ...options,
  }, {
    log: (level, message) => {
      lines.push(`${level}: ${message}`);
      onLine(message);
    },
    progress: { snapshot: "", snapshotsDone: 0, snapshotsTotal: 0, bytesRead: 0 },
    snapshotDone: (outcome) => outcomes.set(formatSnapshotPath(outcome.snapshot), outcome),
  });
  return { report, outcomes, lines };
}
