import { ConflictError } from "../errors/mod.ts";
import type { HeldProcessLock, Soon, WriterLock } from "../datastore/mod.ts";

/** File in the cache as long as it may be incomplete. */
const PENDING_FILE = ".refresh-pending";

/**
 * The note in a cache that it may lack something of what is in the bucket. Who changes anything then builds on
 * the wrong thing, and a collection would delete what the missing indexes name.
 */
export class PendingRefresh {
  readonly #path: string;

  /** @param root Path of the cache. */
  constructor(readonly root: string) {
    this.#path = `${root}/${PENDING_FILE}`;
  }

  /** Whether a refresh has to succeed first. */
  get isPending(): boolean {
    try {
      Deno.lstatSync(this.#path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Notes it, on disk. */
  begin(): void {
    using file = Deno.openSync(this.#path, { write: true, create: true });
    file.syncSync();
  }

  /** Forgets it. */
  end(): void {
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** @throws {ConflictError} if a refresh has to succeed first. */
  requireNone(): void {
    if (!this.isPending) return;
    throw new ConflictError(
      `the cache "${this.root}" may lack what is in the bucket: a refresh ("s3-refresh") has to succeed first`,
    );
  }
}

/** The lock of a cache, which nobody gets as long as that may be incomplete. */
export function lockUnlessPending(lock: WriterLock, pending: PendingRefresh): WriterLock {
  const checked = (acquire: () => Soon<HeldProcessLock>) => async () => {
    const held = await acquire();
    try {
      pending.requireNone();
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
    return held;
  };
  return {
    acquireShared: checked(() => lock.acquireShared()),
    acquireMove: checked(() => lock.acquireMove()),
    acquireExclusive: checked(() => lock.acquireExclusive()),
    oldestWriter: () => lock.oldestWriter(),
  };
}
