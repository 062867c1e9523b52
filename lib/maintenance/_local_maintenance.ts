import {
  collectGarbage,
  type Datastore,
  type GcProgress,
  GcProgressFile,
  type GcStatus,
  localUpid,
} from "../datastore/mod.ts";
import { CancelledError } from "../errors/mod.ts";
import { type TaskLog, waitForLock } from "../repository/mod.ts";
import { BadFindings } from "./_bad_findings.ts";
import { blameSnapshots } from "./_blame_snapshots.ts";
import { LocalVerification } from "./_local_verification.ts";
import type { FoundBad, MaintenanceForm } from "./_maintenance_form.ts";
import { lockMaintenance } from "./maintenance_lock.ts";
import {
  type MaintenanceContext,
  type MaintenancePlan,
  type StepName,
  STEPS,
} from "./maintenance_plan.ts";
import { MaintenanceRecord } from "./maintenance_record.ts";
import type { StepOutcome } from "./maintenance_report.ts";

/** How often the progress of a garbage collection is recorded, milliseconds. */
const RECORD_EVERY_MS = 30_000;
const CHUNK_FOLDERS = 65536;

/** The maintenance of a datastore directory, in this process. */
export class LocalMaintenance implements MaintenanceForm {
  readonly order: readonly StepName[];
  readonly #datastore: Datastore;
  readonly #plan: MaintenancePlan;
  readonly #context: MaintenanceContext;
  readonly #lock: Disposable | undefined;
  readonly #record: MaintenanceRecord;
  readonly #findings = new BadFindings();
  readonly #verifyUpid: string;

  private constructor(
    datastore: Datastore,
    plan: MaintenancePlan,
    context: MaintenanceContext,
    { lock, record }: { lock: Disposable | undefined; record: MaintenanceRecord },
  ) {
    this.#datastore = datastore;
    this.#plan = plan;
    this.#context = context;
    this.#lock = lock;
    this.#record = record;
    this.#verifyUpid = localUpid("verify", datastore.path);
    this.order = orderOf(record);
  }

  /**
   * Locks a datastore; a dry run needs no lock.
   *
   * @throws {LockedError} if somebody else maintains it.
   */
  static async begin(
    datastore: Datastore,
    plan: MaintenancePlan,
    context: MaintenanceContext,
  ): Promise<LocalMaintenance> {
    const lock = plan.dryRun ? undefined : await waitForLock(
      context.lockWait,
      () => lockMaintenance(datastore),
      context.signal,
    );
    try {
      const record = await MaintenanceRecord.read(datastore);
      return new LocalMaintenance(datastore, plan, context, { lock, record });
    } catch (error) {
      lock?.[Symbol.dispose]();
      throw error;
    }
  }

  /** See {@linkcode MaintenanceForm.begin}. */
  async begin(steps: readonly StepName[]): Promise<void> {
    if (this.#plan.dryRun) return;
    this.#record.change({ unfinished: steps });
    await this.#record.write();
  }

  /** See {@linkcode MaintenanceForm.served}. */
  async served(step: StepName, isDone: boolean): Promise<void> {
    if (this.#plan.dryRun) return;
    const { unfinished, served } = this.#record.memory;
    this.#record.change({
      unfinished: isDone ? unfinished.filter((each) => each !== step) : unfinished,
      served: { ...served, [step]: Math.floor(Date.now() / 1000) },
    });
    await this.#record.write();
  }

  /** See {@linkcode MaintenanceForm.collectGarbage}. */
  async collectGarbage(): Promise<StepOutcome> {
    const { log, signal } = this.#context;
    const file = new GcProgressFile(this.#datastore);
    if (this.#plan.dryRun) {
      const progress = await file.read();
      const place = progress === undefined ? "" : `, going on: ${describe(progress)}`;
      log(`would collect garbage${place}`);
      return { figures: {} };
    }
    try {
      return { figures: figuresOf(await this.#collect(log, signal)) };
    } catch (error) {
      if (!(error instanceof CancelledError) || !signal.aborted) throw error;
      const progress = await file.read();
      const left = progress === undefined ? "all of it" : describe(progress);
      return { state: "interrupted", left, figures: {} };
    }
  }

  async #collect(log: TaskLog, signal: AbortSignal): Promise<GcStatus> {
    return await collectGarbage(this.#datastore, {
      ...{ log, signal },
      upid: localUpid("garbage_collection", this.#datastore.path),
      cutoffSeconds: this.#plan.cutoffSeconds,
      recordEveryMs: RECORD_EVERY_MS,
      onMissing: (digest) =>
        this.#findings.addChunk({
          digest: digest.slice(),
          problem: "is missing",
          badFor: "everybody",
        }),
    });
  }

  /** See {@linkcode MaintenanceForm.verify}. */
  async verify(): Promise<StepOutcome> {
    const verification = new LocalVerification({
      datastore: this.#datastore,
      plan: this.#plan,
      context: this.#context,
      record: this.#record,
      findings: this.#findings,
      upid: this.#verifyUpid,
    });
    return await verification.run();
  }

  /** See {@linkcode MaintenanceForm.findBad}. */
  async findBad(): Promise<FoundBad> {
    const { skip, dryRun } = this.#plan;
    const isRecorded = !skip.has("verify") && !dryRun;
    const badChunks = await blameSnapshots(this.#datastore, this.#findings, {
      log: this.#context.log,
      upid: isRecorded ? this.#verifyUpid : undefined,
    });
    const badSnapshots = [...this.#findings.snapshots].map(([snapshot, problems]) => ({
      snapshot,
      problems,
    }));
    return { badChunks, badSnapshots };
  }

  /** Gives the lock back. */
  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock?.[Symbol.dispose]();
  }
}

/**
 * The steps in their order. After a run that left some, those come first, the one that was worked on
 * longest ago in front: so none keeps another from its turn night after night. Prune is quick, and leaves
 * the others less to do.
 */
function orderOf({ memory: { unfinished, served } }: MaintenanceRecord): StepName[] {
  const rank = (step: StepName) => {
    if (step === "prune") return -Infinity;
    return unfinished.includes(step) ? served[step] ?? 0 : Infinity;
  };
  // Stable: of steps of one rank the usual order stays.
  return [...STEPS].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

function figuresOf(status: GcStatus): Record<string, number> {
  return {
    "removed-bytes": status.removedBytes,
    "removed-chunks": status.removedChunks,
    "removed-bad": status.removedBad,
    "pending-bytes": status.pendingBytes,
    "pending-chunks": status.pendingChunks,
    "disk-bytes": status.diskBytes,
    "disk-chunks": status.diskChunks,
  };
}

function describe({ marked, total, folder }: GcProgress): string {
  if (folder === undefined) {
    return `phase 1, ${Math.max(total - marked.size, 0)} of ${total} index files, and phase 2`;
  }
  const left = Math.ceil((CHUNK_FOLDERS - folder) * 100 / CHUNK_FOLDERS);
  return `phase 2, ${left}% of the chunk folders`;
}
