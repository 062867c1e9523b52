import { setImmediate } from "node:timers";

/** Time that a loop may take before signals, timers and other work get a turn. */
const TURN_MS = 10;

/**
 * Keeps a long loop over chunks at hand from shutting everything else out: what never really waits
 * lets no signal, timer or other connection in between.
 */
export class Turns {
  #endMs = 0;

  /** Lets others have their turn if this one has been long. */
  async give(): Promise<void> {
    if (performance.now() < this.#endMs) return;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#endMs = performance.now() + TURN_MS;
  }
}
