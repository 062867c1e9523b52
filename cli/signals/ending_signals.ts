import { listenToSignals } from "./listen_to_signals.ts";

/** A terminal sends its signal to a process and to the one that passes signals on to it. */
const SAME_SIGNAL_MS = 1000;

/**
 * Waits for the signal that ends what a process does until it is told to stop, so that it can leave in
 * order. Another one after a second ends it at once. Signals that the process was started to ignore
 * stay ignored.
 */
export class EndingSignals implements Disposable {
  /** Settles with the number of the first signal. */
  readonly came: Promise<number>;
  readonly #listening: Disposable;
  #first: { readonly number: number; readonly atMs: number } | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.came = promise;
    this.#listening = listenToSignals((number) => {
      const nowMs = performance.now();
      this.#first ??= { number, atMs: nowMs };
      if (nowMs - this.#first.atMs > SAME_SIGNAL_MS) Deno.exit(128 + number);
      resolve(number);
    });
  }

  /** Number of the first signal, as long as there is none undefined. */
  get number(): number | undefined {
    return this.#first?.number;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
