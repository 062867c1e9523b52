import type { BackupGroup } from "./snapshot_path.ts";

/** How many snapshots to keep; absent means that the rule is not used. */
export interface KeepOptions {
  /** The newest ones. */
  readonly last?: number;
  /** The newest one of each of that many hours. */
  readonly hourly?: number;
  /** The newest one of each of that many days. */
  readonly daily?: number;
  /** The newest one of each of that many weeks. */
  readonly weekly?: number;
  /** The newest one of each of that many months. */
  readonly monthly?: number;
  /** The newest one of each of that many years. */
  readonly yearly?: number;
}

/** A group to prune, and how. */
export interface PruneRequest {
  readonly namespace: string;
  readonly group: BackupGroup;
  readonly keep: KeepOptions;
  /** Whether only to say what would be removed; default false. */
  readonly dryRun?: boolean;
}

/**
 * Snapshots to verify: a namespace and all below it, one group of it, or one snapshot of that group.
 */
export interface VerifyRequest {
  readonly namespace: string;
  readonly group?: BackupGroup;
  /** Seconds since the epoch; only with `group`. */
  readonly time?: number;
  /** Leave out what was verified before; default true. */
  readonly ignoreVerified?: boolean;
  /** Verify again what was last verified more than this many whole days ago. */
  readonly outdatedAfterDays?: number;
  /** Levels below the namespace that are also verified; default all. */
  readonly maxDepth?: number | undefined;
}
