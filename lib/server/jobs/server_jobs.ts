import { parseCalendarEvent } from "../../calendar/mod.ts";
import { ConflictError } from "../../errors/mod.ts";
import { jobKey, jobSchedule, type SectionJob, type ServerJob } from "./job.ts";
import type { JobProperties } from "./job_properties.ts";
import { type JobChange, JobFiles } from "./job_files.ts";
import { RemoteFile } from "../remotes/mod.ts";
import type { JobKind } from "./job_kinds.ts";
import { type JobState, JobStates } from "./job_states.ts";

/** Place and clock of jobs. */
export interface ServerJobsOptions {
  /** Folder of the files of jobs and, in `jobstates`, of their states. */
  readonly folder: string;
  /** Clock, seconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
  /** Zone of all schedules; that of the process if absent. */
  readonly timeZone?: string | undefined;
}

/** The jobs of a server with their states. */
export class ServerJobs {
  readonly files: JobFiles;
  readonly states: JobStates;
  /** Servers that sync jobs name. */
  readonly remotes: RemoteFile;
  readonly #running = new Set<Promise<unknown>>();
  readonly #now: () => number;
  readonly #timeZone: string | undefined;

  constructor({ folder, now, timeZone }: ServerJobsOptions) {
    this.files = new JobFiles(folder);
    this.states = new JobStates(`${folder}/jobstates`);
    this.remotes = new RemoteFile(folder);
    this.#now = now ?? (() => Date.now() / 1000);
    this.#timeZone = timeZone;
  }

  /** Seconds since the epoch. */
  now(): number {
    return Math.floor(this.#now());
  }

  /** Counts a run until its state is kept. */
  follow(ended: Promise<unknown>): void {
    const running = ended.catch(() => {}).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when the states of all runs are kept. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /**
   * Removes a remote.
   *
   * @throws {ConflictError} while a job uses it.
   * @throws {NotFoundError} if there is none.
   */
  async removeRemote(name: string, digest?: string): Promise<void> {
    const { jobs } = await this.files.list("sync");
    const user = jobs.find(({ properties }) => properties.remote === name);
    if (user !== undefined) {
      const { id, properties: { store } } = user;
      throw new ConflictError(
        `remote '${name}' is used by sync job '${id}' (datastore '${store}')`,
      );
    }
    await this.remotes.remove(name, digest);
  }

  /** Adds a job, whose schedule begins now. */
  async create(kind: JobKind, id: string, properties: JobProperties): Promise<void> {
    await this.files.create(kind, id, properties);
    await this.begin(await this.files.find(kind, id));
  }

  /** Changes a job; a new schedule begins now. */
  async update(kind: JobKind, id: string, change: JobChange): Promise<SectionJob> {
    await this.files.update(kind, id, change);
    const job = await this.files.find(kind, id);
    const state = await this.states.read(jobKey(job));
    if (state?.schedule !== jobSchedule(job)) await this.begin(job);
    return job;
  }

  /** Removes a job with its state. */
  async remove(kind: JobKind, id: string, digest?: string): Promise<void> {
    await this.files.remove(kind, id, digest);
    await this.states.remove(jobKey({ kind, id }));
  }

  /** Lets the schedule of a job begin now, as nothing of it was missed. */
  async begin(job: ServerJob): Promise<void> {
    const key = jobKey(job);
    const state = await this.states.read(key);
    await this.states.write(key, { ...state, since: this.now(), schedule: jobSchedule(job) });
  }

  /**
   * When a job is due next; in the past if it was missed, undefined if it never is.
   *
   * @param state As it was read.
   */
  nextRun(job: ServerJob, state: JobState | undefined): number | undefined {
    const schedule = jobSchedule(job);
    if (schedule === undefined) return undefined;
    // A clock that was set back must not keep a job from running.
    const since = state?.schedule === schedule ? Math.min(state.since, this.now()) : this.now();
    return parseCalendarEvent(schedule).next(since, this.#timeZone);
  }
}
