import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, LockedError } from "../errors/mod.ts";

/** Pauses grow from the first to the last: short locks are had quickly, waiting for long ones costs nothing. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 2000;
const GROWTH = 1.5;

/** How long somebody is willing to wait for locks that others hold. */
export interface LockWait {
  readonly waitMs: number;
  /** Hears once what is waited for. */
  readonly log: (line: string) => void;
}

/**
 * Does something that a lock may forbid, again and again until it is free or the time is over. Fit for
 * work that has changed nothing when it throws a {@linkcode LockedError}, or can simply be done again.
 *
 * @param wait Without it, nobody waits.
 * @param signal Ends the waiting.
 * @throws {LockedError} when the time is over; {CancelledError} if the signal came first.
 */
export async function waitForLock<T>(
  wait: LockWait | undefined,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + (wait?.waitMs ?? 0);
  for (let pauseMs = FIRST_PAUSE_MS, isTold = false;; pauseMs *= GROWTH) {
    try {
      return await work();
    } catch (error) {
      const leftMs = deadline - Date.now();
      if (wait === undefined || !(error instanceof LockedError) || leftMs <= 0) throw error;
      if (!isTold) wait.log(`waiting up to ${Math.ceil(leftMs / 1000)} s: ${error.message}`);
      isTold = true;
      await pause(Math.min(pauseMs, LAST_PAUSE_MS, leftMs), signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    throw new CancelledError("interrupted while waiting for a lock");
  }
}
