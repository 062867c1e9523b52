import type { KeepOptions, LockWait, TaskLog, VerifyProgress } from "../repository/mod.ts";
import type { GroupFilter } from "../filters/mod.ts";

/** Step of a maintenance. */
export type StepName = "prune" | "garbage-collection" | "verify";

/** All steps in their usual order. */
export const STEPS: readonly StepName[] = ["prune", "garbage-collection", "verify"];

/** Groups that a maintenance is about; garbage is always that of the whole datastore. */
export interface MaintenanceScope {
  /** Namespace, with those below it. */
  readonly namespace: string;
  /** Levels below the namespace; default all. */
  readonly maxDepth?: number | undefined;
  /** Only groups of this user or token; a user stands for its tokens as well. */
  readonly owner?: string | undefined;
  readonly filters: readonly GroupFilter[];
}

/** Everything that is to be done. */
export interface MaintenancePlan extends MaintenanceScope {
  /** Without any rule nothing is pruned. */
  readonly keep: KeepOptions;
  /** Steps to leave out. */
  readonly skip: ReadonlySet<StepName>;
  /** Age in seconds from which garbage is removed; default that of the datastore. Directories only. */
  readonly cutoffSeconds?: number | undefined;
  /** Which whole snapshots to verify; absent if only a sample is wanted. */
  readonly whole?: {
    /** Leave out what was verified before, but see the next one. */
    readonly ignoreVerified: boolean;
    /** Verify again what was last verified more than this many whole days ago. */
    readonly outdatedAfterDays: number;
  } | undefined;
  /** Share to verify of all chunks (of all snapshots on a server), above 0 and up to 1. */
  readonly sampleShare?: number | undefined;
  /** Time after which it ends with what is left, seconds. */
  readonly timeLimitSeconds?: number | undefined;
  /** Whether only to say what would be done. */
  readonly dryRun: boolean;
}

/** Everything that a maintenance works with besides its plan. */
export interface MaintenanceContext {
  readonly log: TaskLog;
  /** Ends it as if its time were over. */
  readonly signal: AbortSignal;
  /** Patience with locks of others; default none. */
  readonly lockWait?: LockWait | undefined;
  /** Told now and then how far verification has come. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}
