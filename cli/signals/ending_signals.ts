import { ignoredSignals } from "./ignored_signals.ts";
import { ENDING_SIGNALS } from "./signal_error.ts";

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
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];
  #first: { readonly number: number; readonly atMs: number } | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.came = promise;
    const ignored = ignoredSignals();
    this.#listeners = ENDING_SIGNALS.filter(([, number]) => !ignored.has(number)).map(
      ([name, number]) => [name, () => {
        const nowMs = performance.now();
        this.#first ??= { number, atMs: nowMs };
        if (nowMs - this.#first.atMs > SAME_SIGNAL_MS) Deno.exit(128 + number);
        resolve(number);
      }],
    );
    for (const [name, listener] of this.#listeners) Deno.addSignalListener(name, listener);
  }

  /** Number of the first signal, as long as there is none undefined. */
  get number(): number | undefined {
    return this.#first?.number;
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) Deno.removeSignalListener(name, listener);
  }
}
