import {
  AuthError,
  CancelledError,
  describeError,
  NotFoundError,
  PbsError,
} from "../errors/mod.ts";
import {
  formatGroupPath,
  formatSnapshotPath,
  type GroupInfo,
  type PruneDecision,
  type Repository,
  type TaskLog,
} from "../repository/mod.ts";
import { isInScope } from "./_is_in_scope.ts";
import type { MaintenancePlan } from "./maintenance_plan.ts";
import type { StepOutcome } from "./maintenance_report.ts";

/**
 * Prunes all groups of a plan by its rules, each for itself: one that cannot be pruned does not keep the
 * others from it.
 *
 * @throws {AuthError} if none may be pruned by this user.
 */
export async function pruneGroups(
  repository: Repository,
  plan: MaintenancePlan,
  log: TaskLog,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const run = new PruneRun(repository, plan, log);
  const groups = await run.select();
  for (const { namespace, group } of groups) {
    if (signal.aborted) return run.outcome(groups.length);
    await run.prune(namespace, group);
  }
  if (run.refusal !== undefined && run.done === 0) throw run.refusal;
  return run.outcome(groups.length);
}

/** Whether any rule says what to keep; nothing is removed without. */
export function hasRules({ keep }: MaintenancePlan): boolean {
  return Object.values(keep).some((count) => count !== undefined && count > 0);
}

class PruneRun {
  /** Groups that were pruned. */
  done = 0;
  /** The first refusal for lack of a privilege. */
  refusal: AuthError | undefined;
  #tried = 0;
  #refused = 0;
  #failed = 0;
  readonly #counts = { removed: 0, kept: 0, protected: 0, "in-use": 0 };
  readonly #removed: string[] = [];

  constructor(
    private readonly repository: Repository,
    private readonly plan: MaintenancePlan,
    private readonly log: TaskLog,
  ) {}

  async select(): Promise<{ namespace: string; group: GroupInfo }[]> {
    const { repository, plan } = this;
    const selected: { namespace: string; group: GroupInfo }[] = [];
    for (const { namespace } of await repository.listNamespaces(plan.namespace, plan.maxDepth)) {
      for (const group of await repository.listGroups(namespace)) {
        if (isInScope(group, group.owner, plan)) selected.push({ namespace, group });
      }
    }
    return selected;
  }

  async prune(namespace: string, group: GroupInfo): Promise<void> {
    const { keep, dryRun } = this.plan;
    const name = (namespace === "" ? "" : `${namespace}:`) + formatGroupPath(group);
    this.#tried++;
    let decisions: readonly PruneDecision[];
    try {
      decisions = await this.repository.prune({ namespace, group, keep, dryRun }, this.log);
    } catch (error) {
      if (error instanceof NotFoundError) return;
      if (!(error instanceof PbsError) || error instanceof CancelledError) throw error;
      if (error instanceof AuthError) {
        this.#refused++;
        this.refusal ??= error;
        return;
      }
      this.#failed++;
      this.log(`group "${name}" was not pruned: ${describeError(error).join(": ")}`, true);
      return;
    }
    this.done++;
    for (const decision of decisions) this.#count(namespace, decision);
    const going = decisions.filter(({ keep }) => !keep).length;
    this.log(
      `group "${name}": ${
        dryRun ? "would remove" : "removed"
      } ${going} of ${decisions.length} snapshots`,
    );
  }

  #count(namespace: string, decision: PruneDecision): void {
    const counts = this.#counts;
    if (decision.stayed) this.#failed++;
    if (decision.inUse) counts["in-use"]++;
    if (decision.protected) counts.protected++;
    if (decision.keep || decision.stayed || decision.inUse) {
      counts.kept++;
      return;
    }
    counts.removed++;
    const path = formatSnapshotPath(decision);
    this.#removed.push(namespace === "" ? path : `${namespace}:${path}`);
  }

  outcome(total: number): StepOutcome {
    const left = total - this.#tried;
    if (this.#refused > 0 && this.done > 0) {
      this.log(`${this.#refused} groups may not be pruned: ${this.refusal!.message}`, true);
    }
    return {
      figures: { groups: this.done, ...this.#counts },
      removed: this.#removed,
      ...(left > 0 ? { state: "interrupted", left: `${left} of ${total} groups` } : {}),
      ...(this.#failed > 0
        ? { state: "failed", message: "some snapshots could not be pruned, see the log" }
        : {}),
    };
  }
}
