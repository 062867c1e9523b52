import { CancelledError, ConnectionError } from "../errors/mod.ts";
import type { TargetRules } from "./alert_target.ts";
import { withLimit } from "./_with_limit.ts";

const FIRST_PAUSE_MS = 1000;
const GROWTH = 4;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Tries to deliver, each time within the time limit of a target, and again after a growing pause if the
 * reason may pass: no connection, no answer in time, a peer that says "later".
 *
 * @param signal Ends it early.
 * @throws {PbsError} the last failure.
 */
export async function withRetries<T>(
  rules: TargetRules,
  signal: AbortSignal | undefined,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let failed = 0;; failed++) {
    try {
      return await withLimit(rules.limitSeconds, signal, attempt);
    } catch (error) {
      if (!(error instanceof ConnectionError) || failed >= rules.retries) throw error;
    }
    await pause(Math.min(FIRST_PAUSE_MS * GROWTH ** failed, LONGEST_PAUSE_MS), signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const cancel = () => reject(new CancelledError("cancelled"));
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}
