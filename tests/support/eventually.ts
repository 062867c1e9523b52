import { setTimeout as delay } from "node:timers/promises";
const PAUSE_MS = 10;
const PATIENCE_MS = 60_000;

/**
 * Repeats a check until it passes: a server cleans up a little after a connection has ended.
 *
 * @throws what the check throws, if it does not pass in time.
 */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (true) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
    await delay(PAUSE_MS);
  }
}
