import { ConnectionError, describeError } from "../errors/mod.ts";
import type { AlertEvent, AlertSubject } from "./alert_event.ts";
import type { AlertReport } from "./alert_report.ts";
import type { AlertTarget } from "./alert_target.ts";
import { alertMessage, type EventWords } from "./_alert_message.ts";
import { AlertStates } from "./_alert_states.ts";
import { deliver, deliverStart, isToldOneByOne } from "./_deliver.ts";
import type { DeliveryContext } from "./_delivery_context.ts";
import { outcomeFor } from "./_outcome_for.ts";

/** Deliveries to one target at a time. */
const AT_A_TIME = 4;
/** Failures without an answer after which a target is left alone until the next time. */
const MOST_SILENT = 4;

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
      this.#chosen(names).map((target) => this.#tellTarget(target, [event], report)),
    );
    return report;
  }

  /**
   * The outcomes of several things at once: each target hears of those that it has not heard yet in one
   * message. Webhooks whose addresses have `{name}` or `{what}` get them one by one.
   *
   * @param events Of different subjects.
   * @param words A line about several of them, at least two, the worst first.
   * @returns What became of them; never rejects.
   */
  async tellTogether(events: readonly AlertEvent[], words: EventWords): Promise<AlertReport> {
    const report = new Report();
    if (events.length === 0) return report;
    await Promise.all(this.#targets.map(async (target) => {
      if (events.length > 1 && await isToldOneByOne(target, this.#context)) {
        await this.#tellOneByOne(target, events, report);
      } else await this.#tellTarget(target, events, report, words);
    }));
    return report;
  }

  async #tellOneByOne(
    target: AlertTarget,
    events: readonly AlertEvent[],
    report: Report,
  ): Promise<void> {
    const own = new Report();
    // Somewhere else each time: a few that never work do not keep the others from being told.
    const start = Math.floor(Math.random() * events.length);
    const turned = [...events.slice(start), ...events.slice(0, start)];
    let next = 0;
    let silent = 0;
    const isOver = () => silent >= MOST_SILENT || this.#context.signal?.aborted === true;
    const work = async () => {
      while (next < events.length && !isOver()) {
        const result = await this.#tellTarget(target, [turned[next++]!], own);
        if (result instanceof ConnectionError) silent++;
        else if (result !== "unchanged") silent = 0;
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    if (next < events.length) {
      own.fail(target, `${events.length - next} more are told the next time`);
    }
    if (own.told.length > 0) report.told.push(target.name);
    else if (own.unchanged.length > 0) report.unchanged.push(target.name);
    report.problems.push(...new Set(own.problems));
  }

  /** @returns What became of it, or why it was not delivered. */
  async #tellTarget(
    target: AlertTarget,
    events: readonly AlertEvent[],
    report: Report,
    words: EventWords = ([event]) => event!.summary,
  ): Promise<"told" | "unchanged" | Error> {
    const counted = events.map((event) => ({
      ...event,
      outcome: outcomeFor(target, event.outcome),
    }));
    let claim;
    try {
      claim = await this.#states.claim(target, counted);
    } catch (error) {
      // Better told twice than not at all.
      report.fail(target, error);
    }
    if (claim?.damage !== undefined) report.problems.push(claim.damage);
    const news = claim?.news ?? counted;
    if (news.length === 0) {
      report.unchanged.push(target.name);
      return "unchanged";
    }
    let result: "told" | Error = "told";
    try {
      const problem = await deliver(target, alertMessage(news, words), this.#context);
      if (problem !== undefined) report.fail(target, problem);
      report.told.push(target.name);
    } catch (error) {
      result = error as Error;
      report.fail(target, error);
    }
    if (claim === undefined) return result;
    try {
      await this.#states.settle(target, news, result === "told");
    } catch (error) {
      report.fail(target, error);
    }
    return result;
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
