import type { StepName } from "./maintenance_plan.ts";

/**
 * End of a step. `skipped`: not asked for; `left`: no time for it; `interrupted`: its time was over in
 * the middle; `locked`: somebody else was in the way; `refused`: a privilege is lacking.
 */
export type StepState =
  | "ok"
  | "warnings"
  | "failed"
  | "skipped"
  | "left"
  | "interrupted"
  | "locked"
  | "refused";

/** Step of a maintenance that was, or was not, done. */
export interface StepReport {
  readonly step: StepName;
  readonly state: StepState;
  /** Why it is in that state, or what there is to know beside the figures. */
  readonly message?: string | undefined;
  /** Rest of it for the next run. */
  readonly left?: string | undefined;
  /** Counters by name, bytes where the name ends with it. */
  readonly figures: Readonly<Record<string, number>>;
  /** Paths of the snapshots that were removed, or would be. */
  readonly removed?: readonly string[] | undefined;
}

/** End of a step as the step itself sees it. */
export type StepOutcome = Omit<StepReport, "step" | "state"> & {
  /** Default: whether there were problems in the log. */
  readonly state?: StepState;
};

/** Chunk that is of no use, and who needs it. */
export interface BadChunkReport {
  /** Hex digits. */
  readonly digest: string;
  readonly problem: string;
  /** Paths of the snapshots that name it, with their namespaces. */
  readonly snapshots: readonly string[];
}

/** Snapshot that cannot be relied on. */
export interface BadSnapshotReport {
  /** Its path, with its namespace. */
  readonly snapshot: string;
  /** Its faults, a line each. */
  readonly problems: readonly string[];
}

/** Report of a maintenance. */
export interface MaintenanceReport {
  readonly state: "ok" | "warnings" | "failed";
  /** Whether nothing that was asked for is left. */
  readonly complete: boolean;
  readonly steps: readonly StepReport[];
  readonly badChunks: readonly BadChunkReport[];
  readonly badSnapshots: readonly BadSnapshotReport[];
  /** Seconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}
