import { ignoredSignals } from "./ignored_signals.ts";
import { ENDING_SIGNALS } from "./signal_error.ts";

/** Numbers of ignored signals that have a listener; those stay to the end of the process. */
const ignoring = new Set<number>();

/**
 * Listens to ending signals until it is disposed. Signals that the process was started to ignore, under
 * `nohup` for example, stay ignored.
 *
 * @param listener Gets the number of each that comes.
 * @param names Those to listen to, if not all; the others go on to end the process.
 */
export function listenToSignals(
  listener: (number: number) => void,
  names?: readonly Deno.Signal[],
): Disposable {
  const ignored = ignoredSignals();
  const listeners: (readonly [Deno.Signal, () => void])[] = [];
  for (const [name, number] of ENDING_SIGNALS) {
    // With the first listener for anything the runtime takes over all three, the ignored ones as well,
    // and ends the process with one that nobody listens to.
    if (ignored.has(number)) {
      if (!ignoring.has(number)) Deno.addSignalListener(name, () => {});
      ignoring.add(number);
    } else if (names?.includes(name) ?? true) listeners.push([name, () => listener(number)]);
  }
  for (const [name, listen] of listeners) Deno.addSignalListener(name, listen);
  return {
    [Symbol.dispose](): void {
      for (const [name, listen] of listeners) Deno.removeSignalListener(name, listen);
    },
  };
}
