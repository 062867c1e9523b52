/**
 * Transfer: snapshots from one repository to another, without a restore in between.
 *
 * A *plan* says which snapshots of a *source* a *target* lacks and can still take: a group only grows at
 * its end. A *copy* of a snapshot has the same archives, chunk by chunk: what the target has already is
 * *reused*, everything else is *moved*, as it is stored, and checked on the way. The copy becomes
 * visible when all of it is there, and leaves nothing behind if it is not.
 *
 * @module
 */

export type {
  CopiedSnapshot,
  CopyObserver,
  CopyProgress,
  CopySnapshotOptions,
} from "./copy_options.ts";
export { CopyScope } from "./copy_scope.ts";
export { copySnapshot } from "./copy_snapshot.ts";
export { ensureNamespace } from "./ensure_namespace.ts";
export {
  type CopyDecision,
  type CopyPlan,
  type CopySelection,
  planCopy,
  type PlannedGroup,
  type PlannedSnapshot,
} from "./plan_copy.ts";
export {
  type CopyOutcome,
  type CopyReport,
  type CopyRequest,
  type CopyRunObserver,
  type CopyRunProgress,
  progressOf,
  runCopy,
} from "./run_copy.ts";
export { type CopyEstimate, estimateCopy } from "./estimate_copy.ts";
export { checkRecoding, type Recoding, type RecodingKind } from "./recoding.ts";
