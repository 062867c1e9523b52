import { ConflictError, describeError } from "../../errors/mod.ts";
import type { DatastoreConfig } from "../config/mod.ts";
import { jobKey, jobSchedule, SECTION_KINDS, type ServerJob } from "../jobs/mod.ts";
import type { StartedTask } from "../tasks/mod.ts";
import type { JobHost } from "./job_host.ts";
import { startJob } from "./start_job.ts";

/** Schedules are looked at when a minute begins: their seconds do not matter. */
const MINUTE_MS = 60_000;
/** Who starts what nobody has started. */
const SCHEDULER = "root@pam";

/** A server whose jobs are started. */
export interface ScheduledHost extends JobHost {
  /** Datastores that are served. */
  readonly configs: readonly DatastoreConfig[];
  /** Adds the requests of datastores in buckets to what is counted of them. */
  countRequests(): Promise<void>;
}

/** Surroundings of a scheduler. */
export interface JobSchedulerOptions {
  /** Told of what keeps jobs from being started, once each. */
  readonly report?: (problem: string) => void;
  /** Called before each look, which waits for it: brings what has changed into force. */
  readonly refresh?: () => Promise<void>;
  /** Time between two looks; other than a minute for tests. */
  readonly everyMs?: number;
}

/**
 * Starts the jobs of a server when they are due. What was missed, however often, is run once; what is
 * running is not started again.
 */
export class JobScheduler {
  readonly #host: ScheduledHost;
  readonly #report: (problem: string) => void;
  readonly #refresh: () => Promise<void>;
  readonly #everyMs: number;
  #reported = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticking: Promise<StartedTask[]> | undefined;

  constructor(
    host: ScheduledHost,
    { report = () => {}, refresh = () => Promise.resolve(), everyMs = MINUTE_MS }:
      JobSchedulerOptions = {},
  ) {
    this.#host = host;
    this.#report = report;
    this.#refresh = refresh;
    this.#everyMs = everyMs;
  }

  /** Looks now, and then every minute, until it is stopped. */
  start(): void {
    const look = async () => {
      await this.tick();
      if (this.#timer === undefined) return;
      this.#timer = setTimeout(look, this.#everyMs - Date.now() % this.#everyMs);
    };
    this.#timer = setTimeout(look, 0);
  }

  /** Starts nothing any more. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#ticking;
  }

  /** Starts what is due; never throws. */
  async tick(): Promise<StartedTask[]> {
    this.#ticking ??= this.#tick().finally(() => this.#ticking = undefined);
    return await this.#ticking;
  }

  async #tick(): Promise<StartedTask[]> {
    const problems: string[] = [];
    await this.#refresh().catch((error) => problems.push(describeError(error).join(": ")));
    await this.#host.countRequests().catch((error) =>
      problems.push(describeError(error).join(": "))
    );
    const started: StartedTask[] = [];
    for (const job of await this.#jobs(problems)) {
      try {
        const task = await this.#startIfDue(job);
        if (task !== undefined) started.push(task);
      } catch (error) {
        problems.push(`${job.kind} job '${job.id}': ${describeError(error).join(": ")}`);
      }
    }
    const problem = problems.join("; ");
    if (problem !== "" && problem !== this.#reported) this.#report(problem);
    this.#reported = problem;
    return started;
  }

  /** Those that have a schedule. Collections first: what frees space comes before what needs time. */
  async #jobs(problems: string[]): Promise<ServerJob[]> {
    const jobs: ServerJob[] = this.#host.configs.map(({ name, gcSchedule }) => {
      return { kind: "gc", id: name, schedule: gcSchedule };
    });
    for (const kind of SECTION_KINDS) {
      try {
        jobs.push(...(await this.#host.jobs.files.list(kind)).jobs);
      } catch (error) {
        problems.push(describeError(error).join(": "));
      }
    }
    return jobs.filter((job) => jobSchedule(job) !== undefined);
  }

  async #startIfDue(job: ServerJob): Promise<StartedTask | undefined> {
    const { jobs } = this.#host;
    const schedule = jobSchedule(job)!;
    const state = await jobs.states.read(jobKey(job));
    if (state?.schedule !== schedule) {
      await jobs.begin(job);
      return undefined;
    }
    const due = jobs.nextRun(job, state);
    if (due === undefined || due > jobs.now()) return undefined;
    try {
      return await startJob(this.#host, job, {
        authId: SCHEDULER,
        introduction: `task triggered by schedule '${schedule}'`,
      });
    } catch (error) {
      // Still running: the next look comes in a minute.
      if (error instanceof ConflictError) return undefined;
      throw error;
    }
  }
}
