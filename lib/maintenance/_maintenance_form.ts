import type { StepName } from "./maintenance_plan.ts";
import type { BadChunkReport, BadSnapshotReport, StepOutcome } from "./maintenance_report.ts";

/** Everything bad that a maintenance knows of when it ends. */
export interface FoundBad {
  readonly badChunks: readonly BadChunkReport[];
  readonly badSnapshots: readonly BadSnapshotReport[];
}

/** Maintenance as it is done where the repository is. */
export interface MaintenanceForm extends AsyncDisposable {
  /** Steps in the order in which they are to be done. */
  readonly order: readonly StepName[];
  /** Notes that steps are ahead. */
  begin(steps: readonly StepName[]): Promise<void>;
  /** Notes that a step was worked on, and whether it is done. */
  served(step: StepName, isDone: boolean): Promise<void>;
  collectGarbage(): Promise<StepOutcome>;
  verify(): Promise<StepOutcome>;
  /** Names the snapshots that what was found is bad for. */
  findBad(): Promise<FoundBad>;
}
