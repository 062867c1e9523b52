import { CancelledError, ConnectionError } from "../errors/mod.ts";

/**
 * Runs something for a bounded time.
 *
 * @param work Is told to stop by the signal; if it does not, it is not waited for.
 * @param signal Ends it early.
 * @throws {ConnectionError} if the time is over.
 * @throws {CancelledError} if the signal was aborted.
 */
export async function withLimit<T>(
  limitSeconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new ConnectionError(`not delivered in ${limitSeconds} s`)),
    limitSeconds * 1000,
  );
  const cancel = () => over.abort(new CancelledError("cancelled"));
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    const ended = new Promise<never>((_, reject) => {
      const fail = () => reject(over.signal.reason);
      if (over.signal.aborted) fail();
      else over.signal.addEventListener("abort", fail, { once: true });
    });
    return await Promise.race([ended, work(over.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}
