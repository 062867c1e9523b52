import { LocalRepository } from "../datastore/mod.ts";
import { AuthError, describeError, LockedError, PbsError, UsageError } from "../errors/mod.ts";
import { type Repository, type TaskLog, waitForLock } from "../repository/mod.ts";
import { LocalMaintenance } from "./_local_maintenance.ts";
import type { FoundBad, MaintenanceForm } from "./_maintenance_form.ts";
import { hasRules, pruneGroups } from "./_prune_groups.ts";
import { RemoteMaintenance } from "./_remote_maintenance.ts";
import { TimeBudget } from "./_time_budget.ts";
import type { MaintenanceContext, MaintenancePlan, StepName } from "./maintenance_plan.ts";
import type { MaintenanceReport, StepOutcome, StepReport } from "./maintenance_report.ts";

/**
 * Keeps a repository healthy: prunes, collects garbage, verifies, each step whatever becomes of the
 * others, one maintenance at a time. What the time does not suffice for is left to the next run, which
 * goes on there.
 *
 * @throws {LockedError} if somebody else maintains it; nothing was done then.
 * @throws {UsageError} if the plan asks for what the repository cannot do.
 */
export async function maintain(
  repository: Repository,
  plan: MaintenancePlan,
  context: MaintenanceContext,
): Promise<MaintenanceReport> {
  if (repository.tasks !== undefined && plan.cutoffSeconds !== undefined) {
    throw new UsageError("a server decides itself how old garbage must be to be removed");
  }
  const startedAt = Math.floor(Date.now() / 1000);
  using budget = new TimeBudget(plan.timeLimitSeconds, context.signal);
  const run = new MaintenanceRun(repository, plan, { ...context, signal: budget.signal });
  await using form = await run.open();
  const steps = await run.runAll(form);
  const { badChunks, badSnapshots } = await run.findBad(form);
  const isBad = badChunks.length > 0 || badSnapshots.length > 0 ||
    steps.some(({ state }) => state === "failed" || state === "refused");
  const hasWarnings = run.problems > 0 || steps.some(({ state }) => state === "locked");
  return {
    state: isBad ? "failed" : hasWarnings ? "warnings" : "ok",
    complete: steps.every(({ left }) => left === undefined),
    steps,
    badChunks,
    badSnapshots,
    startedAt,
    endedAt: Math.floor(Date.now() / 1000),
  };
}

class MaintenanceRun {
  /** Lines of the log that told of a problem. */
  problems = 0;
  readonly #context: MaintenanceContext;

  constructor(
    private readonly repository: Repository,
    private readonly plan: MaintenancePlan,
    context: MaintenanceContext,
  ) {
    const log: TaskLog = (line, isProblem = false) => {
      if (isProblem) this.problems++;
      context.log(line, isProblem);
    };
    this.#context = { ...context, log };
  }

  async open(): Promise<MaintenanceForm> {
    const { repository, plan } = this;
    const { tasks } = repository;
    if (tasks !== undefined) {
      return await RemoteMaintenance.begin(repository, tasks, plan, this.#context);
    }
    if (!(repository instanceof LocalRepository)) {
      throw new UsageError(`"${repository.displayName}" cannot be maintained`);
    }
    return await LocalMaintenance.begin(repository.datastore, plan, this.#context);
  }

  /** Everything bad; what keeps from finding it is a problem in the log. */
  async findBad(form: MaintenanceForm): Promise<FoundBad> {
    try {
      return await form.findBad();
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      const reason = describeError(error).join(": ");
      this.#context.log(`cannot tell which snapshots are bad: ${reason}`, true);
      return { badChunks: [], badSnapshots: [] };
    }
  }

  async runAll(form: MaintenanceForm): Promise<StepReport[]> {
    const reports = new Map<StepName, StepReport>();
    const wanted = form.order.filter((step) => this.#isWanted(step));
    await form.begin(wanted);
    const todo = [...wanted];
    for (let step = todo.shift(); step !== undefined; step = todo.shift()) {
      const isRetry = reports.has(step);
      const report = await this.#run(step, form, todo.length === 0);
      reports.set(step, report);
      const { state } = report;
      if (state !== "left") await form.served(step, report.left === undefined);
      // Whoever was in the way may have ended by the time that the other steps have.
      if (state === "locked" && !isRetry && todo.length > 0) todo.push(step);
    }
    return form.order.map((step) => reports.get(step) ?? this.#skipped(step));
  }

  #isWanted(step: StepName): boolean {
    return !this.plan.skip.has(step) && (step !== "prune" || hasRules(this.plan));
  }

  #skipped(step: StepName): StepReport {
    const message = this.plan.skip.has(step) ? undefined : "no --keep option says what to keep";
    return { step, state: "skipped", message, figures: {} };
  }

  /** @param isLast Whether there is nothing else to do while somebody is in the way. */
  async #run(step: StepName, form: MaintenanceForm, isLast: boolean): Promise<StepReport> {
    const { log, signal, lockWait } = this.#context;
    if (signal.aborted) return { step, state: "left", left: "all of it", figures: {} };
    const before = this.problems;
    log(`${step}: begins`);
    try {
      const wait = isLast ? lockWait : undefined;
      const outcome = await waitForLock(wait, () => this.#work(step, form), signal);
      const state = this.problems > before ? "warnings" : "ok";
      return { step, ...outcome, state: outcome.state ?? state };
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      return this.#failure(step, error, signal);
    }
  }

  async #work(step: StepName, form: MaintenanceForm): Promise<StepOutcome> {
    if (step === "prune") {
      const { log, signal } = this.#context;
      return await pruneGroups(this.repository, this.plan, log, signal);
    }
    return step === "verify" ? await form.verify() : await form.collectGarbage();
  }

  #failure(step: StepName, error: PbsError, signal: AbortSignal): StepReport {
    const message = describeError(error).join(": ");
    const state = error instanceof AuthError
      ? "refused"
      : error instanceof LockedError
      ? "locked"
      : signal.aborted
      ? "interrupted"
      : "failed";
    const way = state === "refused" ? ` (--skip ${step} leaves it out)` : "";
    this.#context.log(`${step}: ${state}: ${message}${way}`, true);
    return { step, state, message, left: "all of it", figures: {} };
  }
}
