import { Errno } from "../../../ffi/errno.ts";
import { closeFile, openFile, OpenFlag } from "../../../ffi/posix_files.ts";
import { lockFile } from "../../../ffi/posix_locks.ts";
import { SystemError } from "../../errors/mod.ts";
import { readFileIfThere, writePrivateFile } from "../files/mod.ts";

const FOLDER_MODE = 0o700;
const LOCK_MODE = 0o600;

/** When a job last ran, and how that ended. */
export interface JobState {
  /**
   * Seconds since the epoch: start of the last run, or when the job or its schedule was new. What the
   * schedule has between this and now was missed.
   */
  readonly since: number;
  /** Schedule that {@linkcode since} is about. */
  readonly schedule?: string | undefined;
  /** Identifier of the last run's task; absent if it did not come to that. */
  readonly upid?: string | undefined;
  /** End of the last run, seconds since the epoch; absent while it runs. */
  readonly endTime?: number | undefined;
  /** How it ended, as tasks say it. */
  readonly status?: string | undefined;
}

/**
 * States of jobs, a file each, and locks that keep a job from running twice, whichever process runs
 * it.
 */
export class JobStates {
  readonly #folder: string;
  /** States that could not be written, as on a disk that is full. */
  readonly #unwritten = new Map<string, JobState>();
  /** Last of the writes of each state: one comes after the other. */
  readonly #writes = new Map<string, Promise<void>>();
  /** Keys whose lock this process has. */
  readonly #held = new Set<string>();

  /** @param folder Is made when it is needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** State of a job; undefined if there is none, or it cannot be read. */
  async read(key: string): Promise<JobState | undefined> {
    const unwritten = this.#unwritten.get(key);
    if (unwritten !== undefined) return unwritten;
    try {
      return parseJobState(await readFileIfThere(this.#path(key)) ?? "");
    } catch {
      return undefined;
    }
  }

  /**
   * Keeps a state; in memory at least.
   *
   * @throws {SystemError} if it cannot be written.
   */
  async write(key: string, state: JobState): Promise<void> {
    this.#unwritten.set(key, state);
    const before = this.#writes.get(key);
    const write = (async () => {
      await before?.catch(() => {});
      if (this.#unwritten.get(key) !== state) return;
      this.#makeFolder();
      await writePrivateFile(this.#path(key), `${JSON.stringify(state)}\n`);
      if (this.#unwritten.get(key) === state) this.#unwritten.delete(key);
    })();
    this.#writes.set(key, write);
    try {
      await write;
    } finally {
      if (this.#writes.get(key) === write) this.#writes.delete(key);
    }
  }

  /** Forgets a job. Its lock file stays: somebody may hold it. */
  async remove(key: string): Promise<void> {
    this.#unwritten.delete(key);
    await Deno.remove(this.#path(key)).catch(() => {});
  }

  /**
   * Takes the lock of a job. Where there can be no lock file, as on a disk that is full, it holds in
   * this process alone: what frees space has to run there.
   *
   * @returns Undefined if it is running.
   */
  lock(key: string): Disposable | undefined {
    if (this.#held.has(key)) return undefined;
    const fd = this.#openLock(key);
    if (fd !== undefined && lockFile(fd, "exclusive") === -Errno.EAGAIN) {
      closeFile(fd);
      return undefined;
    }
    this.#held.add(key);
    return {
      [Symbol.dispose]: () => {
        this.#held.delete(key);
        if (fd !== undefined) closeFile(fd);
      },
    };
  }

  /** Descriptor of a lock file; undefined if there can be none. */
  #openLock(key: string): number | undefined {
    try {
      this.#makeFolder();
    } catch {
      return undefined;
    }
    const path = `${this.#folder}/${key}.lock`;
    const fd = openFile(path, OpenFlag.READ_WRITE | OpenFlag.CREATE, LOCK_MODE);
    return fd < 0 ? undefined : fd;
  }

  /** Whether somebody holds the lock of a job. */
  isLocked(key: string): boolean {
    using lock = this.lock(key);
    return lock === undefined;
  }

  #makeFolder(): void {
    try {
      Deno.mkdirSync(this.#folder, { recursive: true, mode: FOLDER_MODE });
    } catch (cause) {
      const { message } = cause as Error;
      throw new SystemError(13, `cannot create "${this.#folder}": ${message}`, { cause });
    }
  }

  #path(key: string): string {
    return `${this.#folder}/${key}.json`;
  }
}

/**
 * Reads the text of a job's state; undefined if it is none, as when a machine lost power: the job
 * counts as new then.
 */
export function parseJobState(text: string): JobState | undefined {
  let value: Record<string, unknown>;
  try {
    value = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { since, schedule, upid, endTime, status } = value;
  if (!Number.isSafeInteger(since)) return undefined;
  return {
    since: since as number,
    ...typeof schedule === "string" ? { schedule } : {},
    ...typeof upid === "string" ? { upid } : {},
    ...Number.isSafeInteger(endTime) ? { endTime: endTime as number } : {},
    ...typeof status === "string" ? { status } : {},
  };
}
