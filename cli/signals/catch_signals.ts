import { ENDING_SIGNALS, SignalError } from "./signal_error.ts";
import { ignoredSignals } from "./ignored_signals.ts";

/** Watches for signals until it is disposed. */
export interface CaughtSignals extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** @throws {SignalError} if a signal came. */
  rethrow(): void;
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an aborted signal, so that a run can end without
 * leaving half a snapshot. A second one ends the process immediately. Signals that the process was
 * started to ignore, under `nohup` for example, stay ignored.
 *
 * @param onFirst Called when the first signal comes.
 */
export function catchSignals(onFirst: () => void): CaughtSignals {
  const controller = new AbortController();
  let caught: number | undefined;
  const ignored = ignoredSignals();
  const signals = ENDING_SIGNALS.filter(([, number]) => !ignored.has(number));
  const listeners = signals.map(([name, number]) => {
    const listener = (): void => {
      if (caught !== undefined) Deno.exit(128 + number);
      caught = number;
      onFirst();
      controller.abort(new SignalError(number));
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    rethrow(): void {
      if (caught !== undefined) throw new SignalError(caught);
    },
    [Symbol.dispose](): void {
      for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}
