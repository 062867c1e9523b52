import { Errno } from "../../ffi/errno.ts";
import { closeFile, openFile, OpenFlag, statFile, statPath } from "../../ffi/posix_files.ts";
import { lockRecord } from "../../ffi/posix_locks.ts";
import { LockedError } from "../errors/mod.ts";
import { checkResult, systemFailure } from "./_system_failure.ts";
import type { Soon } from "./chunk_store.ts";
import { FILE_MODE, PROCESS_LOCK_FILE } from "./format.ts";
import type { NewFileRules } from "./new_file_rules.ts";

/** A lock of this process on a datastore's chunk store, until it is disposed. */
export interface HeldProcessLock extends Disposable {
  /** Time at which it was taken, seconds since the epoch. */
  readonly startTime: number;
}

/**
 * Lock that keeps writers of chunks and the collection of garbage apart; a {@linkcode ProcessLock} does its
 * work before it returns.
 */
export interface WriterLock {
  /** Registers a writer. @throws {LockedError} if garbage is collected elsewhere. */
  acquireShared(): Soon<HeldProcessLock>;
  /** Registers somebody who moves indexes. @throws {LockedError} if garbage is collected. */
  acquireMove(): Soon<HeldProcessLock>;
  /** Registers a garbage collection. @throws {LockedError} if somebody stands in its way. */
  acquireExclusive(): Soon<HeldProcessLock>;
  /** Start of the oldest writer that a collection runs beside; undefined if there is none. */
  oldestWriter(): number | undefined;
}

interface Holders {
  readonly fd: number;
  readonly writers: Set<HeldProcessLock>;
  /** Those of the writers that move indexes from place to place. */
  readonly movers: Set<HeldProcessLock>;
  collector: HeldProcessLock | undefined;
}

/**
 * All lock files this process has open, by device and inode: closing any descriptor of such a file
 * would give the whole process's record lock back, so each is open at most once.
 */
const open = new Map<string, Holders>();

/**
 * The record lock on a datastore's `.lock`: backups of any number of processes exclude garbage
 * collection by another process; within one process both may run, and the collection asks for the
 * oldest writer (spec: datastore-formats.md §6.6).
 */
export class ProcessLock implements WriterLock {
  readonly #path: string;

  /** @param root Path of the datastore. */
  constructor(readonly root: string, readonly rules: NewFileRules) {
    this.#path = `${root}/${PROCESS_LOCK_FILE}`;
  }

  /**
   * Registers a writer.
   *
   * @throws {LockedError} if another process collects garbage.
   */
  acquireShared(): HeldProcessLock {
    const { key, holders } = this.#holders();
    if (holders.writers.size === 0 && holders.collector === undefined) {
      this.#lock(key, holders, "shared", "another process collects garbage in it");
    }
    const held: HeldProcessLock = {
      startTime: Math.floor(Date.now() / 1000),
      [Symbol.dispose]: () => {
        if (holders.writers.delete(held)) this.#settle(key, holders);
      },
    };
    holders.writers.add(held);
    return held;
  }

  /**
   * Registers somebody who moves indexes: a garbage collection would miss those that it has not yet
   * seen in the old place, and no longer sees in the new one.
   *
   * @throws {LockedError} if garbage is being collected, by this process or another one.
   */
  acquireMove(): HeldProcessLock {
    const { holders } = this.#holders();
    if (holders.collector !== undefined) {
      throw new LockedError(`datastore "${this.root}" is locked: garbage collection is running`);
    }
    const writer = this.acquireShared();
    holders.movers.add(writer);
    return {
      startTime: writer.startTime,
      [Symbol.dispose]: () => {
        holders.movers.delete(writer);
        writer[Symbol.dispose]();
      },
    };
  }

  /**
   * Registers a garbage collection.
   *
   * @throws {LockedError} if one is running, or another process has writers.
   */
  acquireExclusive(): HeldProcessLock {
    const { key, holders } = this.#holders();
    if (holders.collector !== undefined) {
      throw new LockedError(`datastore "${this.root}" is locked: garbage collection is running`);
    }
    if (holders.movers.size > 0) {
      throw new LockedError(`datastore "${this.root}" is locked: snapshots are being moved`);
    }
    this.#lock(key, holders, "exclusive", "another process writes to it or collects garbage");
    const held: HeldProcessLock = {
      startTime: Math.floor(Date.now() / 1000),
      [Symbol.dispose]: () => {
        if (holders.collector !== held) return;
        holders.collector = undefined;
        this.#settle(key, holders);
      },
    };
    holders.collector = held;
    return held;
  }

  /** Start of the oldest running writer of this process, or undefined if there is none. */
  oldestWriter(): number | undefined {
    const stat = statPath(this.#path);
    const holders = typeof stat === "number" ? undefined : open.get(keyOf(stat));
    let oldest: number | undefined;
    for (const { startTime } of holders?.writers ?? []) {
      oldest = Math.min(oldest ?? startTime, startTime);
    }
    return oldest;
  }

  /** The open lock file, opened if need be; created where it is missing. */
  #holders(): { key: string; holders: Holders } {
    const existing = statPath(this.#path);
    if (typeof existing !== "number") {
      const key = keyOf(existing);
      const holders = open.get(key);
      if (holders) return { key, holders };
    }
    const fd = checkResult(
      openFile(this.#path, OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.NOFOLLOW, FILE_MODE),
      () => `cannot open the lock file of datastore "${this.root}"`,
    );
    const stat = statFile(fd);
    if (typeof stat === "number") {
      closeFile(fd);
      throw systemFailure(stat, `cannot look at "${this.#path}"`);
    }
    if (existing === -Errno.ENOENT) this.rules.applyToFile(fd, FILE_MODE);
    const holders: Holders = { fd, writers: new Set(), movers: new Set(), collector: undefined };
    open.set(keyOf(stat), holders);
    return { key: keyOf(stat), holders };
  }

  #lock(key: string, holders: Holders, mode: "shared" | "exclusive", reason: string): void {
    const status = lockRecord(holders.fd, mode);
    if (status === 0) return;
    this.#settle(key, holders);
    if (status === -Errno.EAGAIN || status === -Errno.EACCES) {
      throw new LockedError(`datastore "${this.root}" is locked: ${reason}`);
    }
    throw systemFailure(status, `cannot lock datastore "${this.root}"`);
  }

  /** After a holder left: gives back what nobody needs any more. */
  #settle(key: string, holders: Holders): void {
    if (holders.collector !== undefined) return;
    if (holders.writers.size > 0) {
      lockRecord(holders.fd, "shared");
      return;
    }
    if (open.get(key) === holders) open.delete(key);
    closeFile(holders.fd);
  }
}

function keyOf(stat: { device: string; inode: bigint }): string {
  return `${stat.device}/${stat.inode}`;
}
