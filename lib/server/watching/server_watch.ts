import { type AlertEvent, type AlertOutcome, Alerts, type EventWords } from "../../alerts/mod.ts";
import { describeError } from "../../errors/mod.ts";
import { type DatastoreConfig, isReadable } from "../config/mod.ts";
import { type GroupAge, groupAges, subjectOfTask } from "../ages/mod.ts";
import type { ServerState } from "../state/mod.ts";
import type { TaskOutcome, TaskRecord } from "../tasks/mod.ts";
import { AlertFile } from "./alert_file.ts";
import { describeLook, describeTasks, requestsOf } from "./describe_events.ts";
import { exceededThresholds } from "./exceeded_thresholds.ts";
import { type WatchedGroup, watchedGroups } from "./overdue_groups.ts";

const OUTCOMES: Readonly<Record<TaskOutcome, AlertOutcome>> = {
  ok: "ok",
  warning: "warnings",
  error: "failed",
  unknown: "failed",
};
/** How long deliveries may go on when the server stops. */
const GRACE_MS = 10_000;
/** Lines of a task's log that a message has. */
const MAX_LINES = 60;
const STOPPED = "task aborted";

/** Place of the configuration, and who hears of what is wrong with it. */
export interface WatchOptions {
  /** Folder of `alerts.toml` and of the states that were told. */
  readonly folder: string;
  /** Variables of the process, for credentials and proxies. */
  readonly environment: { get(name: string): string | undefined };
  /** Told what went wrong with alerts, for the server's own log. */
  readonly warned: (problem: string) => void;
  /** Seconds since the epoch; for tests, which call {@linkcode ServerWatch.look} themselves. */
  readonly now?: (() => number) | undefined;
}

/** Tells people of tasks that end otherwise than the last time, and of groups without new backups. */
export class ServerWatch {
  readonly #state: ServerState;
  readonly #options: WatchOptions;
  readonly #file: AlertFile;
  readonly #stopping = new AbortController();
  readonly #telling = new Set<Promise<void>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  /** Tasks that nobody has been told of yet. */
  readonly #ended: AlertEvent[] = [];
  #tellingEnded: Promise<void> | undefined;

  constructor(state: ServerState, options: WatchOptions) {
    this.#state = state;
    this.#options = options;
    this.#file = new AlertFile(`${options.folder}/alerts.toml`);
  }

  /** Reads the file of alerts. @throws {UsageError} naming the line that is wrong. */
  async prepare(): Promise<void> {
    await this.#file.refresh();
  }

  /** Looks now and then, and listens to tasks, until it is stopped. */
  start(): void {
    this.#state.tasks.onEnd((record) => this.#keep(this.#tellTask(record)));
    if (this.#options.now !== undefined) return;
    const look = async () => {
      await this.look();
      if (this.#stopping.signal.aborted) return;
      this.#timer = setTimeout(look, this.#file.config.everySeconds * 1000);
    };
    this.#timer = setTimeout(look, 0);
  }

  /** Lets deliveries go on for a while, and ends them then: they count as not told. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const patience = setTimeout(() => this.#stopping.abort(), GRACE_MS);
    await this.idle();
    clearTimeout(patience);
    this.#stopping.abort();
    await this.#looking;
    await this.idle();
  }

  /** Resolves when everything that has happened was told. */
  async idle(): Promise<void> {
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  /** Looks at all groups; never throws. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const alerts = await this.#alerts();
    const { rules } = this.#file.config;
    const counted = this.#state.configs.filter(({ thresholds }) => thresholds !== undefined);
    if (alerts === undefined || (rules.length === 0 && counted.length === 0)) return;
    const now = this.#now();
    const events: AlertEvent[] = [];
    for (const config of counted) events.push(await this.#judgeRequests(config, now));
    const watched = rules.length === 0 ? [] : this.#state.configs.filter(isReadable);
    for (const { name } of watched) {
      for (const { name: subject, isOverdue, summary } of await this.#judge(name, now)) {
        const outcome = isOverdue ? "failed" : "ok";
        const times = { startedAt: now, endedAt: now };
        events.push({ what: "watch", name: subject, outcome, summary, ...times });
      }
      if (this.#stopping.signal.aborted) return;
    }
    await this.#tell(alerts, events, describeLook);
  }

  /** Whether a datastore in a bucket has made more requests than its thresholds say. */
  async #judgeRequests(config: DatastoreConfig, now: number): Promise<AlertEvent> {
    const { name, backend, thresholds = {} } = config;
    await this.#state.countRequests();
    const exceeded = backend === undefined ? [] : exceededThresholds(
      thresholds,
      (await this.#state.statistics.read({ ...backend, store: name })).counts,
    );
    return {
      what: "watch",
      name: requestsOf(name),
      outcome: exceeded.length > 0 ? "failed" : "ok",
      summary: exceeded.length > 0
        ? `more ${requestsOf(name)} than its thresholds say: ${exceeded.join(", ")}`
        : `${requestsOf(name)} are within its thresholds`,
      startedAt: now,
      endedAt: now,
    };
  }

  /** The watched groups of a datastore, and first the datastore itself. */
  async #judge(name: string, now: number): Promise<WatchedGroup[]> {
    let groups: GroupAge[];
    try {
      groups = await Array.fromAsync(groupAges(this.#state.datastore(name, "read").datastore));
    } catch (error) {
      const summary = `datastore ${name} cannot be read: ${describeError(error).join(": ")}`;
      return [{ name, isOverdue: true, summary }];
    }
    const store = { name, isOverdue: false, summary: `datastore ${name} can be read` };
    return [store, ...watchedGroups(name, groups, this.#file.config.rules, now)];
  }

  async #tellTask({ upid, end }: TaskRecord): Promise<void> {
    const subject = subjectOfTask(upid);
    // Somebody has stopped it, and knows.
    if (subject === undefined || end === undefined || end.status === STOPPED) return;
    if (await this.#alerts() === undefined || !this.#file.config.tasks.has(subject.kind)) return;
    const log = end.outcome === "ok"
      ? ""
      : await this.#state.tasks.readWholeLog(upid).catch(() => "");
    this.#ended.push({
      what: subject.kind,
      name: subject.name,
      outcome: OUTCOMES[end.outcome],
      summary: `${subject.kind} of ${subject.name}: ${end.status}`,
      ...log === "" ? {} : { details: log.trimEnd().split("\n").slice(-MAX_LINES).join("\n") },
      startedAt: upid.startTime,
      endedAt: end.time,
    });
    this.#tellingEnded ??= this.#tellEnded();
    await this.#tellingEnded;
  }

  /** Tells of tasks that have ended; of those that end meanwhile afterwards, together. */
  async #tellEnded(): Promise<void> {
    try {
      while (this.#ended.length > 0) {
        const alerts = await this.#alerts();
        const events = this.#takeEnded();
        if (alerts !== undefined) await this.#tell(alerts, events, describeTasks);
      }
    } finally {
      this.#tellingEnded = undefined;
    }
  }

  /** The tasks to be told of next: one that has ended twice is news twice. */
  #takeEnded(): AlertEvent[] {
    const ended = this.#ended;
    const second = ended.findIndex(({ what, name }, index) =>
      ended.slice(0, index).some((first) => first.what === what && first.name === name)
    );
    return ended.splice(0, second < 0 ? ended.length : second);
  }

  async #tell(alerts: Alerts, events: readonly AlertEvent[], words: EventWords): Promise<void> {
    const { problems } = await alerts.tellTogether(events, words);
    for (const problem of problems) this.#warn(problem);
  }

  /** Alerts by the file as it is now; undefined if nobody is told. */
  async #alerts(): Promise<Alerts | undefined> {
    try {
      await this.#file.refresh();
    } catch (error) {
      this.#warn(`the file of alerts is not used: ${describeError(error)[0]}`);
    }
    const { targets } = this.#file.config;
    if (targets.length === 0) return undefined;
    return new Alerts({
      targets,
      stateFile: `${this.#options.folder}/alerts-told.json`,
      environment: this.#options.environment,
      signal: this.#stopping.signal,
    });
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch((error) => this.#warn(describeError(error).join(": ")))
      .finally(() => this.#telling.delete(kept));
    this.#telling.add(kept);
  }

  #warn(problem: string): void {
    this.#options.warned(problem);
  }

  #now(): number {
    return this.#options.now?.() ?? Math.floor(Date.now() / 1000);
  }
}
