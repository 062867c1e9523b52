import { setTimeout as delay } from "node:timers/promises";
import { isTransientError } from "../repository/mod.ts";

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 3000;

/** How a server that does not answer is waited for. */
export interface ServerWait {
  /** Time after which its failure is the answer. */
  readonly waitMs: number;
  /** Ends the waiting, with that failure. */
  readonly signal: AbortSignal;
  /** Hears once that it is waited for, and why. */
  readonly onLost: (error: unknown) => void;
}

/** Does something with a server, again and again as long as that does not answer. */
export async function waitForServer<T>(work: () => Promise<T>, wait: ServerWait): Promise<T> {
  const end = performance.now() + wait.waitMs;
  let isTold = false;
  for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      const isOver = wait.signal.aborted || performance.now() + pauseMs > end;
      if (isOver || !isTransientError(error)) throw error;
      if (!isTold) wait.onLost(error);
      isTold = true;
    }
    // Who ends it hears of the failure of one more attempt.
    await delay(pauseMs, undefined, { signal: wait.signal }).catch(() => {});
  }
}
