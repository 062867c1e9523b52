import { Errno, errnoText } from "../../ffi/errno.ts";
import { closeFile, openFile, OpenFlag } from "../../ffi/posix_files.ts";
import { lockFile } from "../../ffi/posix_locks.ts";
import { LockedError, SystemError } from "../errors/mod.ts";
import { formatJobRecord, type JobRecord, parseJobRecord } from "./job_record.ts";

/** The folder with a record and a lock for each job, its owner's alone. */
export class JobFolder {
  /** @param path Absolute; made when something is written. */
  constructor(readonly path: string) {}

  /**
   * Locks a job until the lock is disposed of, or the process ends.
   *
   * @throws {LockedError} if it is running already.
   */
  lock(name: string): Disposable {
    this.#make();
    const path = `${this.path}/${name}.lock`;
    const fd = openFile(path, OpenFlag.WRITE | OpenFlag.CREATE, 0o600);
    if (fd < 0) throw failure(fd, `cannot open "${path}"`);
    const status = lockFile(fd, "exclusive");
    if (status === 0) return { [Symbol.dispose]: () => closeFile(fd) };
    closeFile(fd);
    if (status === -Errno.EAGAIN) throw new LockedError(`job "${name}" is running already`);
    throw failure(status, `cannot lock "${path}"`);
  }

  /**
   * The record of a job's last run; undefined if there is none.
   *
   * @throws {CorruptDataError} if it is damaged.
   */
  read(name: string): JobRecord | undefined {
    const path = this.#recordPath(name);
    let text: string;
    try {
      text = Deno.readTextFileSync(path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new SystemError(Errno.EIO, `cannot read "${path}": ${(cause as Error).message}`, {
        cause,
      });
    }
    return parseJobRecord(text, path);
  }

  /** Writes the record of a job in one step. */
  write(name: string, record: JobRecord): void {
    this.#make();
    const path = this.#recordPath(name);
    const temporary = `${path}.${crypto.randomUUID()}`;
    try {
      Deno.writeTextFileSync(temporary, formatJobRecord(record), { createNew: true, mode: 0o600 });
      Deno.renameSync(temporary, path);
    } catch (cause) {
      try {
        Deno.removeSync(temporary);
      } catch {
        // It was not made.
      }
      throw new SystemError(Errno.EIO, `cannot write "${path}": ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  #recordPath(name: string): string {
    return `${this.path}/${name}.json`;
  }

  #make(): void {
    try {
      Deno.mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new SystemError(Errno.EIO, `cannot make "${this.path}": ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

function failure(status: number, what: string): SystemError {
  return new SystemError(-status, `${what}: ${errnoText(-status)}`);
}
