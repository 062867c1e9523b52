import type { Repository } from "../../lib/repository/mod.ts";
import {
  type CopyOutcome,
  type CopyPlan,
  type CopyReport,
  type CopyRequest,
  type CopyRunProgress,
  type CopySelection,
  planCopy,
  progressOf,
  runCopy,
} from "../../lib/transfer/mod.ts";

/** How a copy in this process ended. */
export interface CopyEnd {
  readonly plan: CopyPlan;
  readonly report: CopyReport;
  readonly progress: CopyRunProgress;
  readonly outcomes: readonly CopyOutcome[];
  /** Lines for people. */
  readonly lines: readonly string[];
}

/** Copies in this process; everything unless told otherwise. */
export async function copyStored(
  source: Repository,
  target: Repository,
  selection: Partial<CopySelection> = {},
  request: Partial<CopyRequest> = {},
): Promise<CopyEnd> {
  const plan = await planCopy(source, target, {
    namespace: "",
    maxDepth: 7,
    targetNamespace: "",
    ...selection,
  });
  const outcomes: CopyOutcome[] = [];
  const lines: string[] = [];
  const progress = progressOf(plan);
  const { signal } = new AbortController();
  const report = await runCopy({ source, target, plan, signal, ...request }, {
    progress,
    log: (_level, line) => void lines.push(line),
    snapshotDone: (outcome) => void outcomes.push(outcome),
  });
  return { plan, report, progress, outcomes, lines };
}
