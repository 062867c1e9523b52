import { setTimeout as delay } from "node:timers/promises";
import {
  CancelledError,
  ConflictError,
  describeError,
  LockedError,
  PbsError,
} from "../errors/mod.ts";
import {
  formatSnapshotPath,
  isTransientError,
  type LockWait,
  OlderSnapshotError,
  SnapshotExistsError,
  waitForLock,
} from "../repository/mod.ts";
import { SentChunks } from "./sent_chunks.ts";
import { isReadOnceSource } from "./_source_file.ts";
import type { BackupObserver, BackupReport, BackupRequest } from "./backup_request.ts";
import { restartProgress } from "./backup_request.ts";
import { runBackup } from "./run_backup.ts";

/** Pauses before the first, second and further attempts. */
const PAUSES_MS = [2_000, 10_000, 30_000] as const;

const MILLISECONDS = 1000;

/** Times that are tried in place of those that are taken: a server may refuse every one. */
const MAX_CHANGES = 10;

/** How persistent a backup is. */
export interface RetryOptions {
  /** Attempts after the first. */
  readonly retries: number;
  /** Whether they count also before a connection was made for the first time. */
  readonly coversFirstConnection?: boolean;
  /** Pause before an attempt, by its number from 1 on; default 2, 10, 30, 30 … seconds. */
  readonly pauseMs?: (attempt: number) => number;
  /**
   * Whether the snapshot may get a later time: a server that was killed or lost power leaves the
   * folder of the lost attempt, and nobody can begin a snapshot of that time any more.
   */
  readonly mayChangeTime?: boolean;
  /** How long the group may be in use by others before each attempt; not at all by default. */
  readonly lockWait?: LockWait | undefined;
}

/**
 * As {@linkcode runBackup}, but starts the snapshot again when the connection was lost. Where it could
 * not be made at all, that is tried again only if the options say so: the address may be wrong. Chunks
 * that the failed attempt has sent are not sent again where the repository can be reminded of them. Sources that can be read only once are not tried again.
 */
export async function retryBackup(
  request: BackupRequest,
  observer: BackupObserver,
  options: RetryOptions,
): Promise<BackupReport> {
  const sent = request.sent ?? new SentChunks();
  const retries = request.archives.some(isReadOnceSource) ? 0 : options.retries;
  let { snapshot } = request;
  let wasReached = options.coversFirstConnection ?? false;
  const onBegun = () => void (wasReached = true);
  let hasWaited = false;
  const attemptWhenFree = () => {
    let isFirst = true;
    return waitForLock(options.lockWait, () => {
      hasWaited ||= !isFirst;
      // The run that was waited for has made a snapshot of a later time.
      const now = Math.floor(Date.now() / 1000);
      if (!isFirst && options.mayChangeTime && now > snapshot.time) {
        snapshot = { ...snapshot, time: now };
      }
      isFirst = false;
      return runBackup({ ...request, snapshot, sent, onBegun }, observer);
    }, request.signal);
  };
  let isSecondLook = false;
  for (let attempt = 1, changes = 0, changedIn = 1;; attempt++) {
    try {
      return await attemptWhenFree();
    } catch (error) {
      if (options.mayChangeTime && !isSecondLook && error instanceof OlderSnapshotError) {
        // The last one may have begun in this very second; a clock that is wrong shows again.
        isSecondLook = true;
        await pause(MILLISECONDS - Date.now() % MILLISECONDS, request.signal);
        snapshot = { ...snapshot, time: Math.floor(Date.now() / MILLISECONDS) };
        attempt--;
        continue;
      }
      const isMade = isTaken(error) && (changedIn < attempt || hasWaited);
      if (options.mayChangeTime && changes < MAX_CHANGES && (isMade || isLeft(error))) {
        const left = formatSnapshotPath(snapshot);
        const time = Math.max(Math.floor(Date.now() / 1000), snapshot.time + 1);
        snapshot = { ...snapshot, time };
        const reason = isLeft(error) || !hasWaited
          ? `a lost attempt left "${left}"`
          : `"${left}" is not later than the backup that was waited for`;
        hasWaited = false;
        changes++;
        changedIn = attempt--;
        observer.log("warn", `${reason}, going on as "${formatSnapshotPath(snapshot)}"`);
        continue;
      }
      // Lost while it was being set up: somebody was there.
      wasReached ||= !isUnreachable(error);
      // The server may not have noticed yet that the failed attempt has ended.
      const isPassing = isTransient(error) || attempt > 1 && error instanceof LockedError;
      if (!isPassing || !wasReached || attempt > retries || request.signal.aborted) throw error;
      const pauseMs = options.pauseMs?.(attempt) ?? PAUSES_MS[attempt - 1] ?? PAUSES_MS.at(-1)!;
      observer.log(
        "info",
        `${describeError(error)[0]}; trying again in ${
          pauseMs / 1000
        } s (${attempt} of ${retries})`,
      );
      await pause(pauseMs, request.signal);
      restartProgress(observer.progress);
    }
  }
}

/** Whether an error, or one that caused it, may pass. */
function isTransient(error: unknown): boolean {
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if (isTransientError(error)) return true;
    error = error.cause;
  }
  return false;
}

/** Whether an error, or one that caused it, says that nobody answers at the server's address. */
function isUnreachable(error: unknown): boolean {
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if (error instanceof PbsError && error.situation?.kind === "server-unreachable") return true;
    error = error.cause;
  }
  return false;
}

/**
 * Whether a folder of that time is there, which may be what a run before this one has left: one that
 * began in the same second, or had to go on as a later one.
 */
function isLeft(error: unknown): boolean {
  return error instanceof SnapshotExistsError;
}

/** Whether the snapshot's time is in use; a group in use may become free again. */
function isTaken(error: unknown): boolean {
  return error instanceof ConflictError && !(error instanceof LockedError);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    throw new CancelledError("the backup was interrupted, nothing of it is kept");
  }
}
