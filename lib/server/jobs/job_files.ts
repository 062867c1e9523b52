import { createHash } from "node:crypto";
import { ConflictError, NotFoundError, UsageError } from "../../errors/mod.ts";
import { ConfigText } from "../config/mod.ts";
import { readFileIfThere, withFolderLock, writePrivateFile } from "../files/mod.ts";
import type { JobProperties, JobValue, SectionJob } from "./job.ts";
import { JOB_KINDS, type JobKind } from "./job_kinds.ts";
import { parseJobs } from "./parse_jobs.ts";

const FOLDER_MODE = 0o700;

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
  readonly jobs: readonly SectionJob[];
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
    return parse(kind, await readFileIfThere(this.#path(kind)) ?? "", this.#path(kind));
  }

  /**
   * One job.
   *
   * @throws {NotFoundError} if there is none.
   * @throws {UsageError} if the file is wrong.
   */
  async find(kind: JobKind, id: string): Promise<SectionJob> {
    return requireJob(await this.list(kind), kind, id);
  }

  /**
   * Adds a job.
   *
   * @throws {ConflictError} if there is one of that name.
   * @throws {UsageError} if a property is wrong.
   */
  async create(kind: JobKind, id: string, properties: JobProperties): Promise<void> {
    const { section } = JOB_KINDS[kind];
    await this.#change(kind, undefined, (text, { jobs }) => {
      if (jobs.some((job) => job.id === id)) {
        throw new ConflictError(`job '${id}' already exists.`);
      }
      if (!/^\S+$/.test(id)) throw new UsageError(`"${id}" is not the name of a job`);
      text.addSection(section, id);
      setAll(text, kind, id, properties);
    });
  }

  /** Changes a job. @throws {NotFoundError} if there is none. */
  async update(kind: JobKind, id: string, { set, remove = [], digest }: JobChange): Promise<void> {
    await this.#change(kind, digest, (text, list) => {
      requireJob(list, kind, id);
      for (const key of remove) text.setProperty(JOB_KINDS[kind].section, id, key, undefined);
      setAll(text, kind, id, set);
    });
  }

  /** Removes a job. @throws {NotFoundError} if there is none. */
  async remove(kind: JobKind, id: string, digest?: string): Promise<void> {
    await this.#change(kind, digest, (text, list) => {
      requireJob(list, kind, id);
      text.removeSection(JOB_KINDS[kind].section, id);
    });
  }

  async #change(
    kind: JobKind,
    digest: string | undefined,
    change: (text: ConfigText, list: JobList) => void,
  ): Promise<void> {
    const path = this.#path(kind);
    await Deno.mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    await withFolderLock(this.folder, async () => {
      const before = await readFileIfThere(path) ?? "";
      const list = parse(kind, before, path);
      if (digest !== undefined && digest !== list.digest) {
        throw new ConflictError(
          "detected modified configuration - file changed by other user? Try again.",
        );
      }
      const text = new ConfigText(before);
      change(text, list);
      const after = text.toString();
      parse(kind, after, path);
      if (after !== before) await writePrivateFile(path, after);
    });
  }

  #path(kind: JobKind): string {
    return `${this.folder}/${JOB_KINDS[kind].file}`;
  }
}

function parse(kind: JobKind, text: string, path: string): JobList {
  return {
    jobs: parseJobs(kind, text, path),
    digest: createHash("sha256").update(text).digest("hex"),
  };
}

function requireJob({ jobs }: JobList, kind: JobKind, id: string): SectionJob {
  const job = jobs.find((each) => each.id === id);
  if (job !== undefined) return job;
  throw new NotFoundError(`there is no ${kind} job '${id}'`);
}

function setAll(text: ConfigText, kind: JobKind, id: string, properties: JobProperties): void {
  for (const [key, value] of Object.entries(properties)) {
    const line = lineOf(key, value);
    text.setProperty(JOB_KINDS[kind].section, id, key, line === "" ? undefined : line);
  }
}

/** @throws {UsageError} if it is no single line. */
function lineOf(key: string, value: JobValue): string {
  const line = String(value).trim();
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  if (/[\x00-\x1f\x7f]/.test(line)) throw new UsageError(`"${key}" must be one line`);
  return line;
}
