import type { MeasuredTransfer } from "../repository/mod.ts";

/** So often others may do something, such as hear of a signal. */
const PAUSE_EVERY_MS = 50;

/**
 * Repeats work until a time is over, and at least once.
 *
 * @param durationMs Time, milliseconds.
 * @param bytes Bytes that one round of the work goes over.
 * @param signal Ends it between two rounds.
 */
export async function repeatFor(
  durationMs: number,
  bytes: number,
  work: () => void | Promise<void>,
  signal: AbortSignal,
): Promise<MeasuredTransfer> {
  const startedMs = performance.now();
  let elapsedMs: number;
  let pausedMs = 0;
  let waitedMs = 0;
  let rounds = 0;
  do {
    signal.throwIfAborted();
    const working = work();
    if (working !== undefined) await working;
    rounds++;
    const nowMs = performance.now();
    if (nowMs - pausedMs > PAUSE_EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      pausedMs = performance.now();
      waitedMs += pausedMs - nowMs;
    }
    elapsedMs = performance.now() - startedMs - waitedMs;
  } while (elapsedMs <= durationMs);
  const seconds = elapsedMs / 1000;
  const total = bytes * rounds;
  return { bytes: total, requests: rounds, seconds, bytesPerSecond: total / seconds };
}
