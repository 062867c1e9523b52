import { listenToSignals } from "./listen_to_signals.ts";

/**
 * Turns Ctrl-C into a call, until it is disposed. Other signals end the process as ever: what a
 * server does goes on without it (spec: cli.md §1.5).
 *
 * @param onInterrupt Gets how many there were, this one included.
 */
export function catchInterrupts(onInterrupt: (count: number) => void): Disposable {
  let count = 0;
  return listenToSignals(() => onInterrupt(++count), ["SIGINT"]);
}
