import { SignalError } from "./signal_error.ts";
import { listenToSignals } from "./listen_to_signals.ts";

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
  const listening = listenToSignals((number) => {
    if (caught !== undefined) Deno.exit(128 + number);
    caught = number;
    onFirst();
    controller.abort(new SignalError(number));
  });
  return {
    signal: controller.signal,
    rethrow(): void {
      if (caught !== undefined) throw new SignalError(caught);
    },
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
