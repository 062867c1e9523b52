import { describeError } from "../errors/mod.ts";
import type { AlertEvent, AlertSubject } from "./alert_event.ts";
import type { AlertReport } from "./alert_report.ts";
import type { AlertTarget } from "./alert_target.ts";
import { AlertStates } from "./_alert_states.ts";
import { deliver, deliverStart } from "./_deliver.ts";
import type { DeliveryContext } from "./_delivery_context.ts";
import { outcomeFor } from "./_outcome_for.ts";

/** Places: where alerts go, and where it is kept what has been told. */
export interface AlertOptions {
  readonly targets: Iterable<AlertTarget>;
  /** The file of states; its folder is made. */
  readonly stateFile: string;
  /** Variables of the process, for credentials and proxies. */
  readonly environment: { get(name: string): string | undefined };
  /** Name of this machine in messages. Default: that of the system. */
  readonly host?: string | undefined;
  /** Ends deliveries early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The messages about what was run or watched: one for each change of state and target, none repeated
 * without need. The time that it takes is bounded by the limits of the targets, which are told at the
 * same time.
 */
export class Alerts {
  readonly #targets: readonly AlertTarget[];
  readonly #states: AlertStates;
  readonly #context: DeliveryContext;

  /** @param options Targets and state file; nothing is looked at before there is something to tell. */
  constructor(options: AlertOptions) {
    this.#targets = [...options.targets];
    this.#states = new AlertStates(options.stateFile);
    this.#context = {
      environment: options.environment,
      host: options.host ?? Deno.hostname(),
      signal: options.signal,
    };
  }

  /**
   * The start of something, for targets that measure time: services that wait for pings.
   *
   * @param names The targets that are meant; all of them if absent.
   */
  async start(subject: AlertSubject, names?: readonly string[]): Promise<AlertReport> {
    const report = new Report();
    await Promise.all(
      this.#chosen(names).map(async (target) => {
        try {
          if (await deliverStart(target, subject, this.#context)) report.told.push(target.name);
        } catch (error) {
          report.fail(target, error);
        }
      }),
    );
    return report;
  }

  /**
   * The outcome of something: told to each target that has not heard it yet.
   *
   * @param names The targets that are meant; all of them if absent.
   * @returns What became of it; never rejects.
   */
  async tell(event: AlertEvent, names?: readonly string[]): Promise<AlertReport> {
    const report = new Report();
    await Promise.all(
      this.#chosen(names).map((target) => this.#tellTarget(target, event, report)),
    );
    return report;
  }

  async #tellTarget(target: AlertTarget, event: AlertEvent, report: Report): Promise<void> {
    const outcome = outcomeFor(target, event.outcome);
    let claim;
    try {
      claim = await this.#states.claim(target, event, outcome);
    } catch (error) {
      // Better told twice than not at all.
      report.fail(target, error);
    }
    if (claim?.damage !== undefined) report.problems.push(claim.damage);
    if (claim?.isNews === false) {
      report.unchanged.push(target.name);
      return;
    }
    let delivered = false;
    try {
      const problem = await deliver(target, { ...event, outcome }, this.#context);
      if (problem !== undefined) report.fail(target, problem);
      delivered = true;
      report.told.push(target.name);
    } catch (error) {
      report.fail(target, error);
    }
    if (claim === undefined) return;
    try {
      await this.#states.settle(target, event, delivered ? outcome : undefined);
    } catch (error) {
      report.fail(target, error);
    }
  }

  #chosen(names?: readonly string[]): readonly AlertTarget[] {
    return names === undefined
      ? this.#targets
      : this.#targets.filter((target) => names.includes(target.name));
  }
}

/** A report that is being written. */
class Report implements AlertReport {
  readonly told: string[] = [];
  readonly unchanged: string[] = [];
  readonly problems: string[] = [];

  fail(target: AlertTarget, error: unknown): void {
    this.problems.push(`alert "${target.name}": ${describeError(error).join(": ")}`);
  }
}
