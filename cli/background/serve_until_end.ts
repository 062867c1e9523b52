import type { CommandContext } from "../command_context.ts";
import { EndingSignals } from "../signals/ending_signals.ts";
import { SignalError } from "../signals/signal_error.ts";
import { goToBackground, isInBackground } from "./run_in_background.ts";

/** Something that this process shows to others, until it is disposed of. */
export interface Shown extends AsyncDisposable {
  /** Settles when somebody else has ended it. */
  readonly ended: Promise<void>;
}

/**
 * Shows something until a signal comes or it is ended by others; in the background, if the process was
 * started for that (spec: client-pipeline.md §6.1).
 *
 * @param show Begins to show it, and says so.
 * @throws {SignalError} if a signal comes before it is shown.
 */
export async function serveUntilEnd(
  { environment, use }: CommandContext,
  show: () => Promise<Shown>,
): Promise<void> {
  using signals = new EndingSignals();
  await using shown = await show();
  if (signals.number !== undefined) throw new SignalError(signals.number);
  await use.record();
  if (isInBackground(environment)) goToBackground();
  await Promise.race([signals.came, shown.ended]);
}
