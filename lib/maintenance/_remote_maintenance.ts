import { isDue, verifiedAt } from "../datastore/mod.ts";
import { AuthError, CancelledError, LockedError } from "../errors/mod.ts";
import {
  formatSnapshotPath,
  type PlacedSnapshot,
  type Repository,
  type RepositoryTasks,
  type SnapshotInfo,
  waitForLock,
} from "../repository/mod.ts";
import { isInScope, isNarrow } from "./_is_in_scope.ts";
import type { FoundBad, MaintenanceForm } from "./_maintenance_form.ts";
import { type MaintenanceContext, type MaintenancePlan, STEPS } from "./maintenance_plan.ts";
import type { StepOutcome } from "./maintenance_report.ts";

/** Running tasks that are looked at. */
const TASKS = 100;

/** Snapshot of a server with its place. */
interface ListedSnapshot extends PlacedSnapshot {
  readonly info: SnapshotInfo;
}

/** The maintenance of a server's datastore, by its tasks. */
export class RemoteMaintenance implements MaintenanceForm {
  readonly order = STEPS;
  readonly #repository: Repository;
  readonly #plan: MaintenancePlan;
  readonly #context: MaintenanceContext;
  /** Tasks that had verified the snapshots before; undefined if nothing was verified. */
  #before: ReadonlySet<string> | undefined;
  /** Whether a task has found damage, which need not show in a manifest. */
  #hasFailed = false;

  private constructor(
    repository: Repository,
    plan: MaintenancePlan,
    context: MaintenanceContext,
  ) {
    this.#repository = repository;
    this.#plan = plan;
    this.#context = context;
  }

  /**
   * Makes sure that nobody maintains the datastore, as far as this user may see. The server's own locks
   * keep apart what begins at the same moment.
   *
   * @throws {LockedError} if somebody does; says who.
   */
  static async begin(
    repository: Repository,
    tasks: RepositoryTasks,
    plan: MaintenancePlan,
    context: MaintenanceContext,
  ): Promise<RemoteMaintenance> {
    if (!plan.dryRun) {
      const check = () => requireNoOther(repository, tasks);
      await waitForLock(context.lockWait, check, context.signal);
    }
    return new RemoteMaintenance(repository, plan, context);
  }

  /** See {@linkcode MaintenanceForm.begin}. A server remembers what it has verified. */
  async begin(): Promise<void> {}

  /** See {@linkcode MaintenanceForm.served}. */
  async served(): Promise<void> {}

  /** See {@linkcode MaintenanceForm.collectGarbage}. */
  async collectGarbage(): Promise<StepOutcome> {
    const { log, signal } = this.#context;
    if (this.#plan.dryRun) {
      log("would start a garbage collection");
      return { figures: {} };
    }
    try {
      await this.#repository.garbageCollect(log, signal);
    } catch (error) {
      if (!(error instanceof CancelledError) || !signal.aborted) throw error;
      return { state: "interrupted", left: "all of it: the server begins anew", figures: {} };
    }
    return { figures: await this.#garbageFigures() };
  }

  /** Counters of the server; none for a user who may not see them. */
  async #garbageFigures(): Promise<Record<string, number>> {
    try {
      const counts = await this.#repository.garbageCounts();
      const figures = {
        "removed-bytes": counts?.removedBytes,
        "removed-chunks": counts?.removedChunks,
        "pending-bytes": counts?.pendingBytes,
        "pending-chunks": counts?.pendingChunks,
        "disk-bytes": counts?.diskBytes,
        "disk-chunks": counts?.diskChunks,
      };
      const known = Object.entries(figures).filter(([, value]) => value !== undefined);
      return Object.fromEntries(known) as Record<string, number>;
    } catch (error) {
      if (error instanceof AuthError) return {};
      throw error;
    }
  }

  /** See {@linkcode MaintenanceForm.verify}. */
  async verify(): Promise<StepOutcome> {
    const { sampleShare, whole, dryRun } = this.#plan;
    const listed = await this.#list();
    const now = Math.floor(Date.now() / 1000);
    const due = whole === undefined
      ? []
      : listed.filter(({ info }) => isDue(info.verification, whole, now));
    const sample = sampleShare === undefined ? [] : sampleOf(listed, sampleShare);
    const figures: Record<string, number> = {};
    if (whole !== undefined) figures.due = due.length;
    if (sampleShare !== undefined) figures["sample-snapshots"] = sample.length;
    if (dryRun) {
      for (const each of [...due, ...sample]) this.#context.log(`would verify "${pathOf(each)}"`);
      return { figures };
    }
    this.#before = new Set(listed.flatMap(({ info }) => info.verification?.upid ?? []));
    const { signal } = this.#context;
    let left = due.length;
    try {
      if (due.length > 0) await this.#verifyDue(due);
      left = sample.length;
      for (const each of sample) {
        if (signal.aborted) throw new CancelledError("no time is left");
        const { namespace, snapshot } = each;
        const { type, id, time } = snapshot;
        const group = { type, id };
        await this.#start({ namespace, group, time, ignoreVerified: false });
        left--;
      }
    } catch (error) {
      if (!(error instanceof CancelledError) || !signal.aborted) throw error;
      return { state: "interrupted", left: `up to ${left} snapshots`, figures };
    }
    return { figures, ...(this.#hasFailed ? { state: "failed" as const } : {}) };
  }

  /** One task for everything, or one for each group if some are left out. */
  async #verifyDue(due: readonly ListedSnapshot[]): Promise<void> {
    const { namespace, maxDepth, whole } = this.#plan;
    const { ignoreVerified, outdatedAfterDays } = whole!;
    const options = { ignoreVerified, ...(ignoreVerified ? { outdatedAfterDays } : {}) };
    if (!isNarrow(this.#plan)) {
      await this.#start({ namespace, ...options, ...(maxDepth === undefined ? {} : { maxDepth }) });
      return;
    }
    const groups = new Map(due.map(({ namespace, snapshot: { type, id } }) => [
      `${namespace}:${type}/${id}`,
      { namespace, group: { type, id } },
    ]));
    for (const each of groups.values()) {
      if (this.#context.signal.aborted) throw new CancelledError("no time is left");
      await this.#start({ ...each, ...options });
    }
  }

  async #start(request: Parameters<Repository["verify"]>[0]): Promise<void> {
    const { log, signal } = this.#context;
    const { ok } = await this.#repository.verify(request, log, signal);
    if (!ok) this.#hasFailed = true;
  }

  async #list(): Promise<ListedSnapshot[]> {
    const found: ListedSnapshot[] = [];
    const { namespace: top, maxDepth } = this.#plan;
    for (const { namespace } of await this.#repository.listNamespaces(top, maxDepth)) {
      for (const info of await this.#repository.listSnapshots(namespace)) {
        const isFinished = info.size !== undefined;
        const isBenchmark = info.type === "host" && info.id === "benchmark";
        if (!isFinished || isBenchmark || !isInScope(info, info.owner, this.#plan)) continue;
        found.push({ namespace, snapshot: info, info });
      }
    }
    return found;
  }

  /** See {@linkcode MaintenanceForm.findBad}. Which chunks are bad is in the logs of the tasks. */
  async findBad(): Promise<FoundBad> {
    const before = this.#before;
    if (before === undefined) return { badChunks: [], badSnapshots: [] };
    const failed = (await this.#list()).filter(({ info }) => info.verification?.state === "failed");
    const badSnapshots = failed.map((each) => {
      const problem = before.has(each.info.verification!.upid)
        ? "its last verification failed"
        : "verification failed, see the log of the task";
      return { snapshot: pathOf(each), problems: [problem] };
    });
    return { badChunks: [], badSnapshots };
  }

  /** Nothing is held. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The snapshots that wait longest: as many as reach all of them in the runs that the share says. */
function sampleOf(listed: readonly ListedSnapshot[], share: number): ListedSnapshot[] {
  const since = ({ info }: ListedSnapshot) => verifiedAt(info.verification) ?? info.time;
  return listed.toSorted((a, b) => since(a) - since(b)).slice(0, Math.ceil(share * listed.length));
}

function pathOf({ namespace, snapshot }: PlacedSnapshot): string {
  const path = formatSnapshotPath(snapshot);
  return namespace === "" ? path : `${namespace}:${path}`;
}

async function requireNoOther(repository: Repository, tasks: RepositoryTasks): Promise<void> {
  const running = await tasks.list({ all: false, limit: TASKS, everybody: true });
  const other = running.find(({ workerType, user }) =>
    workerType === "garbage_collection" ||
    user === repository.authId && /^verify(_group|_snapshot)?$/.test(workerType)
  );
  if (other === undefined) return;
  const { workerType, user, startTime } = other;
  const since = new Date(startTime * 1000).toISOString().replace(".000Z", "Z");
  throw new LockedError(
    `"${repository.displayName}" is being maintained: task ${workerType} of ${user} since ${since}`,
  );
}
