import { ConflictError, NotFoundError, UsageError } from "../../errors/mod.ts";
import { type ConfigText, propertyLine, SectionFile } from "../config/mod.ts";
import type { JobProperties } from "./job_properties.ts";
import { JOB_KINDS, type JobKind } from "./job_kinds.ts";
import { parseJobs, type StoredJob } from "./parse_jobs.ts";

/** A change of a job. */
export interface JobChange {
  readonly set: JobProperties;
  /** Names of properties that are removed. */
  readonly remove?: readonly string[];
  /** The {@linkcode JobList.digest} as it was when somebody looked. */
  readonly digest?: string | undefined;
}

/** The jobs of a file. */
export interface JobList {
  readonly jobs: readonly StoredJob[];
  /** SHA-256 of the file's text, in hex. */
  readonly digest: string;
}

/**
 * The files of jobs in a folder. Each change is made under the folder's lock, checked as a whole
 * before it is written, and leaves comments and order alone.
 */
export class JobFiles {
  /** @param folder Made when something is written. */
  constructor(readonly folder: string) {}

  /** The jobs of a kind. @throws {UsageError} if the file is wrong. */
  async list(kind: JobKind): Promise<JobList> {
    const { entries, digest } = await this.#file(kind).list();
    return { jobs: entries, digest };
  }

  /**
   * One job.
   *
   * @throws {NotFoundError} if there is none.
   * @throws {UsageError} if the file is wrong.
   */
  async find(kind: JobKind, id: string): Promise<StoredJob> {
    return requireJob((await this.list(kind)).jobs, kind, id);
  }

  /**
   * Adds a job.
   *
   * @throws {ConflictError} if there is one of that name.
   * @throws {UsageError} if a property is wrong.
   */
  async create(kind: JobKind, id: string, properties: JobProperties): Promise<void> {
    const word = JOB_KINDS[kind].section(properties);
    await this.#file(kind).change(undefined, (text, jobs) => {
      if (jobs.some((job) => job.id === id)) {
        throw new ConflictError(`job '${id}' already exists.`);
      }
      if (!/^\S+$/.test(id)) throw new UsageError(`"${id}" is not the name of a job`);
      text.addSection(word, id);
      setAll(text, word, id, properties);
    });
  }

  /** Changes a job. @throws {NotFoundError} if there is none. */
  async update(kind: JobKind, id: string, { set, remove = [], digest }: JobChange): Promise<void> {
    await this.#file(kind).change(digest, (text, jobs) => {
      const { section, properties } = requireJob(jobs, kind, id);
      if (JOB_KINDS[kind].section({ ...properties, ...set }) !== section) {
        throw new UsageError(
          `job '${id}' cannot become one of the other direction: create another`,
        );
      }
      for (const key of remove) text.setProperty(section, id, key, undefined);
      setAll(text, section, id, set);
    });
  }

  /** Removes a job. @throws {NotFoundError} if there is none. */
  async remove(kind: JobKind, id: string, digest?: string): Promise<void> {
    await this.#file(kind).change(digest, (text, jobs) => {
      text.removeSection(requireJob(jobs, kind, id).section, id);
    });
  }

  #file(kind: JobKind): SectionFile<StoredJob> {
    return new SectionFile(
      this.folder,
      JOB_KINDS[kind].file,
      (text, path) => parseJobs(kind, text, path),
    );
  }
}

function requireJob(jobs: readonly StoredJob[], kind: JobKind, id: string): StoredJob {
  const job = jobs.find((each) => each.id === id);
  if (job !== undefined) return job;
  throw new NotFoundError(`there is no ${kind} job '${id}'`);
}

function setAll(text: ConfigText, word: string, id: string, set: JobProperties): void {
  for (const [key, value] of Object.entries(set)) {
    const values: readonly (string | number | boolean)[] = typeof value === "object"
      ? value
      : [value];
    const lines = values.map((each) => propertyLine(key, each)).filter((line) => line !== "");
    text.setProperties(word, id, key, lines);
  }
}
