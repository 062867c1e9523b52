import { CancelledError } from "../../lib/errors/mod.ts";

/** Signals that end a run, with their numbers. */
export const ENDING_SIGNALS: readonly (readonly [Deno.Signal, number])[] = [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
];

/** A signal ended the run: the process ends as if killed by it. */
export class SignalError extends CancelledError {
  override name = "SignalError";

  /** @param signalNumber Number of the signal. */
  constructor(readonly signalNumber: number) {
    super(`ended by signal ${signalNumber}`);
  }
}

/** The name of an ending signal. */
export function signalName(signalNumber: number): Deno.Signal {
  return ENDING_SIGNALS.find(([, number]) => number === signalNumber)?.[0] ?? "SIGTERM";
}
