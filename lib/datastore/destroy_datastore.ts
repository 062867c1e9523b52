import { setTimeout as delay } from "node:timers/promises";
import { BACKUP_TYPES } from "../repository/mod.ts";
import { LockedError } from "../errors/mod.ts";
import { runtimeFailure } from "./_system_failure.ts";
import type { Datastore } from "./datastore.ts";
import {
  BAD_CHUNKS_FOLDER,
  CHUNKS_FOLDER,
  GC_STATUS_FILE,
  LOCKS_FOLDER,
  MAINTENANCE_FOLDER,
  MISSING_FOLDERS_FILE,
  NAMESPACE_FOLDER,
  PROCESS_LOCK_FILE,
} from "./format.ts";

/** Indexes before chunks: what is left of a removal that was interrupted never looks whole. */
const REMOVED = [
  ...BACKUP_TYPES,
  NAMESPACE_FOLDER,
  GC_STATUS_FILE,
  MAINTENANCE_FOLDER,
  BAD_CHUNKS_FOLDER,
  CHUNKS_FOLDER,
  MISSING_FOLDERS_FILE,
  LOCKS_FOLDER,
  PROCESS_LOCK_FILE,
];

/** Attempts at a folder that others fill, and the time between two: folders are made in seconds. */
const ATTEMPTS = 100;
const PAUSE_MS = 300;

/** Work of a destruction. */
export interface DestructionOptions {
  /** Told what is done and left. */
  readonly log: (line: string, isProblem?: boolean) => void;
  /** Looked at between two folders. */
  readonly signal: AbortSignal;
}

/**
 * Removes everything that a datastore in a folder of this machine has, and the folder if nothing else is
 * in it. Protected snapshots go as well.
 *
 * @throws {LockedError} if it is being written to, or garbage is being collected.
 * @throws {SystemError} if something cannot be removed; it can be called again then.
 */
export async function destroyDatastore(
  datastore: Datastore,
  { log, signal }: DestructionOptions,
): Promise<void> {
  const { path, processLock } = datastore;
  if (processLock.oldestWriter() !== undefined) {
    throw new LockedError(`datastore "${path}" is locked: it is being written to`);
  }
  using _lock = await processLock.acquireExclusive();
  for (const name of REMOVED) {
    if (await removeTree(`${path}/${name}`, signal)) log(`removed "${path}/${name}"`);
  }
  const left = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  if (left.length === 0) {
    await Deno.remove(path).catch((error) => {
      log(`the empty folder "${path}" stays: ${(error as Error).message}`, true);
    });
  } else {
    log(`"${path}" stays: there is "${left.sort()[0]}" in it, which is not of a datastore`, true);
  }
}

/**
 * Removes a folder or file with all that is in it. Somebody may still be making chunk folders there.
 *
 * @returns Whether there was one.
 */
async function removeTree(path: string, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1;; attempt++) {
    signal.throwIfAborted();
    try {
      await Deno.remove(path, { recursive: true });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return attempt > 1;
      const isFilled = error instanceof Error && /not empty/i.test(error.message);
      if (!isFilled || attempt === ATTEMPTS) throw runtimeFailure(error, `cannot remove "${path}"`);
    }
    await delay(PAUSE_MS);
  }
}
